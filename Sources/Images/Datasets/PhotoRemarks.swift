/// What is to be said about photos when they are opened, so that nothing is left out in silence.
public struct PhotoRemarks: Codable, Sendable, Equatable {
    /// What lies in the folder and is not used, each kind with its count and its first names.
    public internal(set) var unused: [String] = []
    /// Sentences about what was found.
    public internal(set) var notes: [String] = []

    /// Nothing is to be said.
    public init() {}

    init(unused: [String] = [], notes: [String]) {
        self.unused = unused
        self.notes = notes
    }

    /// The remarks as lines for a person.
    public var lines: [String] {
        notes + (unused.isEmpty ? [] : ["not used: " + unused.joined(separator: "; ")])
    }

    /// Both remarks, each line once.
    public static func + (a: PhotoRemarks, b: PhotoRemarks) -> PhotoRemarks {
        PhotoRemarks(
            unused: a.unused + b.unused.filter { !a.unused.contains($0) },
            notes: a.notes + b.notes.filter { !a.notes.contains($0) }
        )
    }

    /// Notes files or folders that are not used.
    ///
    /// - Parameters:
    ///   - names: the first of which are told.
    ///   - kind: the word for one of them.
    ///   - place: where they lie and why they are left out; may be empty.
    mutating func leaveOut(_ names: [String], _ kind: String, _ place: String = "") {
        guard !names.isEmpty else { return }
        unused.append(
            counted(names.count, kind) + (place.isEmpty ? "" : " " + place)
                + " (\(listed(names, limit: 5)))"
        )
    }
}

/// The first names of a list, and how many more there are.
func listed(_ names: [String], limit: Int) -> String {
    let first = names.prefix(limit).joined(separator: ", ")
    return names.count > limit ? "\(first) and \(names.count - limit) more" : first
}

/// A number with its word.
func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
