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

    /// A landmark that a photo may show.
    public struct Guess: Sendable, Equatable {
        /// The landmark.
        public var label: Int32
        /// The cosine of the photo's direction with the landmark's.
        public var cosine: Float
        /// Its share among all landmarks: the softmax of `sharpness` times the cosines.
        public var confidence: Float
    }

    /// What cosines are multiplied with before their softmax, by measurement; `docs/galleries.md` has it.
    public static let sharpness = 30.0

    /// The landmarks that photos of these directions most likely show, best first, of equal ones the first.
    public func guesses(
        _ directions: EmbeddingBlock,
        top: Int,
        _ pool: ThreadPool
    ) -> [[Guess]] {
        guesses(directions, top: top, truths: directions.indices.map { _ in -1 }, pool).map(\.best)
    }

    /// The same, and the confidence of the landmark that each photo shows, 0 where it is none of these.
    func guesses(
        _ directions: EmbeddingBlock,
        top: Int,
        truths: [Int32],
        _ pool: ThreadPool
    ) -> [(best: [Guess], truth: Float)] {
        let places = Dictionary(
            labels.enumerated().map { ($1, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var guesses: [(best: [Guess], truth: Float)] = []
        guesses.reserveCapacity(directions.count)
        forCosines(directions, pool) { cosines in
            let best = best(cosines, top)
            let most = best.first.map { cosines[$0] } ?? 0
            func weight(_ cosine: Float) -> Double {
                exponential(Self.sharpness * (Double(cosine) - Double(most)))
            }
            let sum = cosines.reduce(0) { $0 + weight($1) }
            func share(_ place: Int) -> Float { Float(weight(cosines[place]) / sum) }
            let all = best.map {
                Guess(label: labels[$0], cosine: cosines[$0], confidence: share($0))
            }
            guesses.append((all, places[truths[guesses.count]].map(share) ?? 0))
        }
        return guesses
    }

    /// The score of each embedding.
    public func scores(_ rows: EmbeddingBlock, _ pool: ThreadPool) -> [Float] {
        var scores: [Float] = []
        forCosines(directions(rows, pool), pool) { scores.append($0.max() ?? -1) }
        return scores
    }

    /// Calls `body` with the cosines of each direction with all landmarks, in turn.
    ///
    /// They have the same bits whatever else is asked, by our kernels whatever the pool's engine is.
    private func forCosines(
        _ directions: EmbeddingBlock,
        _ pool: ThreadPool,
        _ body: (UnsafeMutableBufferPointer<Float>) -> Void
    ) {
        let (width, landmarks) = (means.width, means.count)
        precondition(directions.width == width, "directions of the width that was learned from")
        let products = Storage(count: min(Self.rowsAtOnce, directions.count) * landmarks)
        nonisolated(unsafe) let to = products.base
        for start in stride(from: 0, to: directions.count, by: Self.rowsAtOnce) {
            let count = min(Self.rowsAtOnce, directions.count - start)
            nonisolated(unsafe) let from = directions.row(start)
            pool.parallelFor((landmarks + Self.columns - 1) / Self.columns) { task, _ in
                let first = task * Self.columns
                gemm(
                    transposeB: true,
                    M: count,
                    N: min(Self.columns, landmarks - first),
                    K: width,
                    A: from,
                    lda: width,
                    B: means.row(first),
                    ldb: width,
                    C: to + first,
                    ldc: landmarks
                )
            }
            for row in 0..<count {
                body(UnsafeMutableBufferPointer(start: to + row * landmarks, count: landmarks))
            }
        }
    }

    /// Directions that are compared at once, and landmarks that one task compares them with.
    private static let rowsAtOnce = 64
    private static let columns = 128

    /// Places of the `top` largest, the largest first.
    private func best(_ cosines: UnsafeMutableBufferPointer<Float>, _ top: Int) -> [Int] {
        var order: [Int] = []
        for place in cosines.indices {
            let rank = order.firstIndex { cosines[place] > cosines[$0] } ?? order.count
            guard rank < top else { continue }
            order.insert(place, at: rank)
            if order.count > top { order.removeLast() }
        }
        return order
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
