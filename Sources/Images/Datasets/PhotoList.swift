/// Photos of a folder, or some of them, with their labels.
struct PhotoList: Dataset {
    let files: any PhotoLocations
    /// Rows of `files` that belong to the list; nil = all.
    let rows: [UInt32]?
    let classes: ClassIndex
    let labels: [Int32]
    let countsPerClass: [Int]
    /// What there is to say about these photos.
    var remarks = PhotoRemarks()
    /// Landmarks of the photos that do not show exactly one, by row of `files`.
    private var unusual: [UInt32: [Int32]] = [:]
    /// What each row of `files` is used for; nil = nothing is said.
    private var usages: PhotoUsages?

    /// Makes the list of all rows of `files`.
    ///
    /// - Parameters:
    ///   - unusual: labels of the photos that do not show exactly one landmark, by row.
    ///   - usages: what each row is used for.
    init(
        files: any PhotoLocations,
        classes: ClassIndex,
        labels: [Int32],
        unusual: [UInt32: [Int32]] = [:],
        usages: PhotoUsages? = nil
    ) {
        self.init(files: files, rows: nil, classes: classes, labels: labels)
        self.unusual = unusual
        self.usages = usages
    }

    private init(files: any PhotoLocations, rows: [UInt32]?, classes: ClassIndex, labels: [Int32]) {
        self.files = files
        self.rows = rows
        self.classes = classes
        self.labels = labels
        countsPerClass = PhotoList.count(labels, classes: classes.count)
    }

    var count: Int { labels.count }

    func label(_ index: Int) -> Int32 { labels[index] }

    func id(_ index: Int) -> String { files.id(row(index)) }

    func path(_ index: Int) -> String { files.path(row(index)) }

    /// What tells a photo from all others of its folder of photos.
    func name(_ index: Int) -> String { files.name(row(index)) }

    func landmarks(_ index: Int) -> [Int32] {
        unusual.isEmpty ? [labels[index]] : unusual[UInt32(row(index))] ?? [labels[index]]
    }

    func usage(_ index: Int) -> String? { usages?[row(index)] }

    /// The photos at `indices` of this list.
    func subset(_ indices: [UInt32]) -> PhotoList {
        var subset = PhotoList(
            files: files,
            rows: indices.map { UInt32(row(Int($0))) },
            classes: classes,
            labels: indices.map { labels[Int($0)] }
        )
        subset.unusual = unusual
        subset.usages = usages
        subset.remarks = remarks
        return subset
    }

    /// The same photos with the labels that `known` has for their classes; what does not match is told
    /// in the remarks.
    func labelled(among known: ClassIndex) -> PhotoList {
        let match = ClassMatch(classes, among: known)
        func label(_ own: Int32) -> Int32 { own < 0 ? -1 : match.labels[Int(own)] }
        let several = unusual.mapValues { $0.map(label) }
        var first = labels.map(label)
        if !several.isEmpty {
            for index in first.indices where first[index] < 0 {
                let all = several[UInt32(row(index))] ?? []
                first[index] = all.first { $0 >= 0 } ?? -1
            }
        }
        var list = PhotoList(files: files, rows: rows, classes: known, labels: first)
        list.unusual = several
        list.usages = usages
        list.remarks = remarks + PhotoRemarks(notes: match.notes(photos: countsPerClass))
        return list
    }

    private func row(_ index: Int) -> Int { rows.map { Int($0[index]) } ?? index }

    /// Photos of each class; unknown labels count nowhere.
    static func count(_ labels: [Int32], classes: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: classes)
        for label in labels where label >= 0 { counts[Int(label)] += 1 }
        return counts
    }
}

/// What each row of a table is used for: a word of few, such as `Public` and `Private`.
struct PhotoUsages: Sendable {
    private var words: [String] = []
    private var numbers: [UInt8] = []

    /// Notes the word of the next row; false where there are more different words than any contest has.
    mutating func append(_ word: String) -> Bool {
        if let number = words.lastIndex(of: word) {
            numbers.append(UInt8(number))
            return true
        }
        guard words.count <= Int(UInt8.max) else { return false }
        numbers.append(UInt8(words.count))
        words.append(word)
        return true
    }

    /// The word of a row.
    subscript(row: Int) -> String { words[Int(numbers[row])] }
}

/// The photos of two lists, one after the other.
struct JoinedPhotos: Dataset {
    let first: any Dataset
    let second: any Dataset
    let labels: [Int32]
    let countsPerClass: [Int]

    /// Joins two lists with the same classes.
    init(_ first: any Dataset, _ second: any Dataset) {
        self.first = first
        self.second = second
        labels = first.labels + second.labels
        countsPerClass = zip(first.countsPerClass, second.countsPerClass).map { $0 + $1 }
    }

    var count: Int { labels.count }
    var classes: ClassIndex { first.classes }

    func label(_ index: Int) -> Int32 { labels[index] }

    func id(_ index: Int) -> String {
        index < first.count ? first.id(index) : second.id(index - first.count)
    }

    func path(_ index: Int) -> String {
        index < first.count ? first.path(index) : second.path(index - first.count)
    }

    func landmarks(_ index: Int) -> [Int32] {
        index < first.count ? first.landmarks(index) : second.landmarks(index - first.count)
    }

    func usage(_ index: Int) -> String? {
        index < first.count ? first.usage(index) : second.usage(index - first.count)
    }
}
