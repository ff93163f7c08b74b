/// What was found about the photos of a folder before any was decoded: how many are missing, copies of
/// others, or known under two landmarks.
public struct PhotoFindings: Sendable, Equatable {
    /// A kind of trouble: how many photos have it, and some of them.
    public struct Trouble: Sendable, Equatable {
        /// A photo, and the other one that it is a copy of.
        public struct Example: Sendable, Equatable {
            /// The photo's file, id or name.
            public let photo: String
            /// The other one's; nil where there is none.
            public let twin: String?

            /// Both on one line.
            public var text: String { twin.map { "\(photo) and \($0)" } ?? photo }
        }

        /// Photos.
        public internal(set) var count = 0
        /// The first of them.
        public internal(set) var examples: [Example] = []
        /// Examples that are kept.
        var kept = 3

        mutating func add(_ photo: String, _ twin: String? = nil) {
            count += 1
            if examples.count < kept { examples.append(Example(photo: photo, twin: twin)) }
        }

        /// The count in words that follow it, and the first example.
        func line(_ one: String, _ many: String, _ after: String = "") -> String? {
            guard count > 0, let first = examples.first else { return nil }
            let rest = count > 1 ? ", …" : ""
            return "\(grouped(count)) \(count == 1 ? one : many)\(after) (\(first.text)\(rest))"
        }
    }

    /// Photos that the folder lists.
    public internal(set) var listed = 0
    /// Photos whose files were inspected; less than `listed` where there are too many.
    public internal(set) var inspected = 0
    /// Photos that are listed and not there, among those looked at.
    public internal(set) var missing = Trouble()
    /// Rows that say again what a row before says.
    public internal(set) var repeated = Trouble()
    /// Ids with two landmarks in the table that is trained on.
    public internal(set) var contradictions = Trouble()
    /// Training photos with the bytes of another one of the same landmark.
    public internal(set) var copies = Trouble()
    /// Photos with the bytes of a photo of another landmark.
    public internal(set) var conflicts = Trouble()
    /// Photos of the folder's validation or test photos with the bytes or the id of a photo that is
    /// trained on; they are not evaluated.
    public internal(set) var leaks = Trouble()
    /// Photos that a run which is gone on with does not know.
    public internal(set) var added = Trouble()
    /// Photos whose bytes changed since the run began.
    public internal(set) var changed = Trouble()
    /// Photos with another landmark than when the run began.
    public internal(set) var relabelled = Trouble()
    /// Held-out photos of the run that are gone, or in whose place others are.
    public internal(set) var gone = Trouble()

    /// What there is to say, a line for each kind of trouble.
    public var lines: [String] {
        var lines = [
            missing.line(
                "photo is listed and not there",
                "photos are listed and not there",
                ", left out"
            ),
            repeated.line(
                "row repeats another and is passed over",
                "rows repeat others and are passed over"
            ),
            contradictions.line("id stands under two landmarks", "ids stand under two landmarks"),
            copies.line(
                "photo is a copy of another of its landmark",
                "photos are copies of others of their landmark",
                "; copies stay on one side of the split"
            ),
            conflicts.line(
                "photo is a copy of one of another landmark",
                "photos are copies of photos of another landmark",
                "; one of the two labels is wrong"
            ),
            leaks.line(
                "held-out photo is a copy of one to learn from",
                "held-out photos are copies of photos to learn from",
                " and not judged"
            ),
            added.line(
                "photo was added since the run began",
                "photos were added since the run began",
                "; the run goes on with its own"
            ),
            changed.line(
                "photo has changed since the run began",
                "photos have changed since the run began"
            ),
            relabelled.line(
                "photo has another landmark than when the run began",
                "photos have another landmark than when the run began",
                "; the run goes on with the old one"
            ),
            gone.line(
                "held-out photo of the run is gone or was replaced",
                "held-out photos of the run are gone or were replaced",
                "; the others are judged"
            ),
        ].compactMap { $0 }
        if inspected < listed, listed > 0 {
            lines.append(
                "\(grouped(listed)) photos are too many to look into at the start: "
                    + "\(grouped(inspected)) were looked for, and none was compared with the others; "
                    + "`dataset check` does so, as --inspect-at-most \(listed) does here"
            )
        }
        return lines
    }

    /// No finding at all.
    ///
    /// - Parameter kept: examples of each kind that are kept.
    init(kept: Int = 3) {
        for kind in PhotoFindings.kinds { self[keyPath: kind].kept = kept }
    }

    private static var kinds: [WritableKeyPath<PhotoFindings, Trouble>] {
        [
            \.missing, \.repeated, \.contradictions, \.copies, \.conflicts, \.leaks, \.added,
            \.changed, \.relabelled, \.gone,
        ]
    }

    /// Notes what a look at some of the photos found.
    ///
    /// - Parameters:
    ///   - looked: photos looked for.
    ///   - missing: those of them that are not there.
    public mutating func noteSample(looked: Int, missing photos: [String]) {
        inspected = looked
        for photo in photos { missing.add(photo) }
    }

    /// What is wrong with which photo: all kinds that concern the folder as it is.
    public var problems: [PhotoProblem] {
        func list(_ trouble: Trouble, _ reason: (Trouble.Example) -> String) -> [PhotoProblem] {
            trouble.examples.map { PhotoProblem(path: $0.photo, reason: reason($0)) }
        }
        return list(leaks) { "a copy of a photo to learn from: \($0.twin ?? "")" }
            + list(conflicts) { "a copy of a photo of another landmark: \($0.twin ?? "")" }
            + list(copies) { "a copy of another photo of its landmark: \($0.twin ?? "")" }
            + list(contradictions) { _ in "this id stands under two landmarks" }
            + list(repeated) { _ in "a row says this again" }
    }
}

/// A number with commas between groups of three digits.
func grouped(_ number: Int) -> String {
    var digits = String(number)
    var place = digits.count - 3
    while place > (number < 0 ? 1 : 0) {
        digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
        place -= 3
    }
    return digits
}
