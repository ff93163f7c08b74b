/// Photos of a folder, or some of them, with their labels.
struct PhotoList: Dataset {
    let files: any PhotoFiles
    /// Rows of `files` that belong to the list; nil = all.
    let rows: [UInt32]?
    let classes: ClassIndex
    let labels: [Int32]
    let countsPerClass: [Int]

    /// Makes the list of all rows of `files`.
    init(files: any PhotoFiles, classes: ClassIndex, labels: [Int32]) {
        self.init(files: files, rows: nil, classes: classes, labels: labels)
    }

    private init(files: any PhotoFiles, rows: [UInt32]?, classes: ClassIndex, labels: [Int32]) {
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

    /// The photos at `indices` of this list.
    func subset(_ indices: [UInt32]) -> PhotoList {
        PhotoList(
            files: files,
            rows: indices.map { UInt32(row(Int($0))) },
            classes: classes,
            labels: indices.map { labels[Int($0)] }
        )
    }

    /// The same photos with other classes; label k becomes `labels[k]`.
    func relabelled(_ map: [Int32], _ classes: ClassIndex) -> PhotoList {
        PhotoList(
            files: files,
            rows: rows,
            classes: classes,
            labels: labels.map { $0 < 0 ? -1 : map[Int($0)] }
        )
    }

    private func row(_ index: Int) -> Int { rows.map { Int($0[index]) } ?? index }

    /// Photos of each class; unknown labels count nowhere.
    static func count(_ labels: [Int32], classes: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: classes)
        for label in labels where label >= 0 { counts[Int(label)] += 1 }
        return counts
    }
}

/// The photos of two lists, one after the other.
struct JoinedPhotos: Dataset {
    let first: PhotoList
    let second: PhotoList
    let labels: [Int32]
    let countsPerClass: [Int]

    /// Joins two lists with the same classes.
    init(_ first: PhotoList, _ second: PhotoList) {
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
}
