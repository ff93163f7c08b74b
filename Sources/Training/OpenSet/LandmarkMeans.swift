public import Tensors

/// Which rows of embeddings show which landmark, and the means of them, in double precision.
struct LandmarkGroups {
    /// The landmarks that have rows, ascending.
    let labels: [Int32]
    /// The rows of each, ascending.
    let rows: [[Int]]
    /// The mean of all rows, [d].
    private(set) var centre: [Double]
    private var means: [Double]
    private let width: Int

    /// Groups rows by `labels`; those with −1, and those that are left out, are in no group.
    init(
        _ block: EmbeddingBlock,
        _ labels: [Int32],
        leavingOut isLeftOut: (Int) -> Bool = { _ in false }
    ) {
        precondition(block.count == labels.count, "a label for each row")
        width = block.width
        var groups: [Int32: [Int]] = [:]
        for (row, label) in labels.enumerated() where label >= 0 && !isLeftOut(row) {
            groups[label, default: []].append(row)
        }
        self.labels = groups.keys.sorted()
        rows = self.labels.map { groups[$0] ?? [] }
        centre = [Double](repeating: 0, count: width)
        means = [Double](repeating: 0, count: self.labels.count * width)
        for (group, rows) in rows.enumerated() {
            let start = group * width
            for row in rows {
                let from = block.row(row)
                for index in 0..<width { means[start + index] += Double(from[index]) }
            }
            for index in 0..<width {
                centre[index] += means[start + index]
                means[start + index] /= Double(rows.count)
            }
        }
        let count = Double(max(rowCount, 1))
        for index in 0..<width { centre[index] /= count }
    }

    /// Rows of all groups.
    var rowCount: Int { rows.reduce(0) { $0 + $1.count } }

    /// The mean of a group, [d].
    func mean(_ group: Int) -> ArraySlice<Double> { means[group * width..<(group + 1) * width] }
}

/// What is known of landmarks by photos of them: the direction in which the photos of each lie.
///
/// A photo's score is the largest cosine of its direction with a landmark's. It tells photos of these landmarks from
/// others better than a classifier's softmax does; `docs/galleries.md` has the measurements.
public struct LandmarkMeans: Sendable {
    /// How embeddings become directions; nil = too few photos to learn it: an embedding is its own direction.
    public let whitening: Whitening?
    /// The directions of landmarks, [C][d].
    public let means: EmbeddingBlock
    /// The landmark of each, ascending.
    public let labels: [Int32]

    init(whitening: Whitening?, means: EmbeddingBlock, labels: [Int32]) {
        precondition(means.count == labels.count, "a landmark for each direction")
        (self.whitening, self.means, self.labels) = (whitening, means, labels)
    }

    /// Learns from photos.
    ///
    /// - Parameters:
    ///   - rows: embeddings of photos.
    ///   - labels: the landmark of each; −1 = unknown, which is not learned from.
    public init(_ rows: EmbeddingBlock, _ labels: [Int32], _ pool: ThreadPool) {
        self.init(rows, LandmarkGroups(rows, labels), pool)
    }

    init(_ rows: EmbeddingBlock, _ groups: LandmarkGroups, _ pool: ThreadPool) {
        let width = rows.width
        let storage = Storage(count: groups.labels.count * width)
        for group in groups.labels.indices {
            let to = storage.base + group * width
            for (index, value) in groups.mean(group).enumerated() { to[index] = Float(value) }
        }
        let plain = EmbeddingBlock(storage, count: groups.labels.count, width: width)
        let whitening = Whitening(rows, groups, pool)
        if whitening == nil {
            for group in 0..<plain.count { scaleToUnit(plain.row(group), width) }
        }
        self.init(
            whitening: whitening,
            means: whitening?.directions(plain, pool) ?? plain,
            labels: groups.labels
        )
    }

    /// The directions of embeddings.
    public func directions(_ rows: EmbeddingBlock, _ pool: ThreadPool) -> EmbeddingBlock {
        whitening?.directions(rows, pool) ?? rows
    }

    /// The landmarks whose directions are nearest to each of `directions`, best first; `row` is a place in `labels`.
    public func nearest(
        _ directions: EmbeddingBlock,
        most: Int,
        _ pool: ThreadPool
    ) -> [[RankedRow]] {
        guard directions.count > 0, means.count > 0 else {
            return directions.indices.map { _ in [] }
        }
        let search = NeighbourSearch(
            directions.row(0),
            count: directions.count,
            width: directions.width,
            most: min(most, means.count),
            pool: pool
        )
        for start in stride(from: 0, to: means.count, by: search.blockRows) {
            let count = min(search.blockRows, means.count - start)
            search.add(means.row(start), count: count, first: start)
        }
        return directions.indices.map { search.best(of: $0) }
    }

    /// The score of each embedding.
    public func scores(_ rows: EmbeddingBlock, _ pool: ThreadPool) -> [Float] {
        nearest(directions(rows, pool), most: 1, pool).map { $0.first?.score ?? -1 }
    }

    /// The scores that photos would have if they were not among those that are learned from: each fifth of them is
    /// scored by the others.
    ///
    /// - Parameters:
    ///   - fold: the fifth that each row belongs to, from 0 to 4.
    /// - Returns: nil for photos whose landmark has no other photo then.
    package static func heldOutScores(
        _ rows: EmbeddingBlock,
        _ labels: [Int32],
        folds: [Int],
        _ pool: ThreadPool
    ) -> [Float?] {
        var scores = [Float?](repeating: nil, count: rows.count)
        for fold in Set(folds).sorted() {
            let groups = LandmarkGroups(rows, labels) { folds[$0] == fold }
            let means = LandmarkMeans(rows, groups, pool)
            let known = Set(groups.labels)
            let own = folds.indices.filter { folds[$0] == fold && known.contains(labels[$0]) }
            let held = EmbeddingBlock(rows, own)
            for (row, score) in zip(own, means.scores(held, pool)) { scores[row] = score }
        }
        return scores
    }
}

extension EmbeddingBlock {
    /// The places of rows.
    package var indices: Range<Int> { 0..<count }

    /// Copies of some rows of a block.
    package init(_ block: EmbeddingBlock, _ rows: [Int]) {
        let storage = Storage(count: rows.count * block.width)
        for (place, row) in rows.enumerated() {
            (storage.base + place * block.width).update(from: block.row(row), count: block.width)
        }
        self.init(storage, count: rows.count, width: block.width)
    }
}
