import Foundation

/// Which classes of a network the classes of some photos are.
///
/// They are found by what the user's files call them. Where one side has landmark ids and the other
/// class folders, a folder is the landmark that it names, by name or by id. Names that differ in more
/// than their Unicode form are different classes.
struct ClassMatch {
    /// The network's label of each class of the photos, −1 where it has none.
    let labels: [Int32]
    private let known: ClassIndex
    private let own: ClassIndex
    /// Classes found by a name of another Unicode form.
    private var reshaped: [Int] = []
    /// Classes whose names lead to several classes of the network.
    private var ambiguous: [Int: [Int32]] = [:]

    /// Finds the classes of photos, `own`, among those of a network, `known`.
    init(_ own: ClassIndex, among known: ClassIndex) {
        self.own = own
        self.known = known
        guard own.kind == .folders || known.kind == .folders else {
            labels = known.labels(of: own.ids)
            return
        }
        let exact = ClassMatch.lookup(known) { ExactText($0) }
        let canonical = ClassMatch.lookup(known) { $0 }
        var labels = [Int32](repeating: -1, count: own.count)
        for index in 0..<own.count {
            let texts = ClassMatch.texts(own, index)
            var found = Set(texts.flatMap { exact[ExactText($0)] ?? [] })
            if found.isEmpty {
                // As text, composed and decomposed accents are equal.
                found = Set(texts.flatMap { canonical[$0] ?? [] })
                if found.count == 1 { reshaped.append(index) }
            }
            if found.count == 1, let label = found.first {
                labels[index] = label
            } else if found.count > 1 {
                ambiguous[index] = found.sorted()
            }
        }
        self.labels = labels
    }

    /// What the user should know about the match, in sentences.
    ///
    /// - Parameter photos: photos of each class; classes without any are passed over.
    func notes(photos: [Int]) -> [String] {
        let unknown = labels.indices.filter { labels[$0] < 0 && photos[$0] > 0 }
        var notes: [String] = []
        if !unknown.isEmpty {
            let count = unknown.reduce(0) { $0 + photos[$1] }
            notes.append(
                "\(unknown.count) of \(photos.count { $0 > 0 }) classes are not among the "
                    + "\(known.count) learned: \(listed(unknown.map(name), limit: 10)); "
                    + "\(counted(count, "photo")) of unknown landmarks"
            )
        }
        // Ids of two tables are either equal or not.
        if !unknown.isEmpty, own.kind == .folders || known.kind == .folders {
            let nearby = ClassMatch.lookup(known, by: folded)
            notes += limited(unknown.compactMap { suggestion($0, nearby) })
        }
        notes += limited(
            reshaped.filter { photos[$0] > 0 }.map {
                "\(name($0)) is taken for the class \(known.landmarkID(Int(labels[$0]))): their names "
                    + "differ in Unicode form alone"
            }
        )
        return notes
    }

    private func name(_ index: Int) -> String { "\(own.landmarkID(index))" }

    private func limited(_ notes: [String]) -> [String] {
        notes.count > 10 ? notes.prefix(10) + ["… and \(notes.count - 10) more such names"] : notes
    }

    /// What an unknown class may have been meant to be.
    ///
    /// - Parameter nearby: classes of the network by what is left of a carelessly written name.
    private func suggestion(_ index: Int, _ nearby: [String: [Int32]]) -> String? {
        if let labels = ambiguous[index] {
            let names = labels.map { "\(known.landmarkID(Int($0)))" }
            return "\(name(index)) may be any of \(listed(names, limit: 4)) and counts as none"
        }
        let near = Set(ClassMatch.texts(own, index).flatMap { nearby[folded($0)] ?? [] }).sorted()
        guard !near.isEmpty else { return nil }
        let names = near.prefix(3).map { label in
            let id = "\(known.landmarkID(Int(label)))"
            let name = known.names[Int(label)]
            return id == name ? id : "\(id), \(name)"
        }
        return "\(name(index)) is not a class; did you mean \(names.joined(separator: " or "))?"
    }

    /// What a class may be called where the other side has labels of the other kind.
    private static func texts(_ classes: ClassIndex, _ index: Int) -> [String] {
        switch classes.kind {
        case .folders: [classes.names[index]]
        case .table: [String(classes.ids[index]), classes.names[index]]
        }
    }

    private static func lookup<Key: Hashable>(
        _ classes: ClassIndex,
        by key: (String) -> Key
    ) -> [Key: [Int32]] {
        var lookup: [Key: [Int32]] = [:]
        for label in 0..<classes.count {
            for text in texts(classes, label) {
                lookup[key(text), default: []].append(Int32(label))
            }
        }
        return lookup
    }
}

extension ClassIndex {
    /// Class folders whose names are so much alike that they may be meant to be one, in sentences.
    func twins() -> [String] {
        guard kind == .folders else { return [] }
        var alike: [String: [String]] = [:]
        for name in names { alike[folded(name), default: []].append(name) }
        let twins = alike.values.filter { $0.count > 1 }
            .sorted { ($0.first ?? "").utf8.lexicographicallyPrecedes(($1.first ?? "").utf8) }
        let notes = twins.prefix(10).map {
            "\($0.joined(separator: " and ")) are \($0.count) classes, and differ only in case, accents' "
                + "form, spaces or underscores; merge the folders if they show one landmark"
        }
        return twins.count > 10 ? notes + ["… and \(twins.count - 10) more such names"] : notes
    }
}

/// A text that equals another one only byte for byte.
private struct ExactText: Hashable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (a: ExactText, b: ExactText) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// A name without case, Unicode form, percent-encoding, leading zeros of a number, and kinds and
/// numbers of the characters between words.
private func folded(_ name: String) -> String {
    let plain = name.contains("%") ? name.removingPercentEncoding ?? name : name
    let composed =
        plain.utf8.allSatisfy { $0 < 0x80 } ? plain : plain.precomposedStringWithCanonicalMapping
    let words = composed.lowercased().split { $0.isWhitespace || $0 == "_" || $0 == "-" }
    let folded = words.joined(separator: " ")
    guard folded.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return folded }
    let digits = folded.drop { $0 == "0" }
    return digits.isEmpty ? "0" : String(digits)
}
