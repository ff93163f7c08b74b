import Foundation
public import Tensors

/// A map of embeddings after which the photos of a landmark scatter alike in all directions.
///
/// What makes photos of one landmark differ (light, place, distance) is strong in embeddings and says nothing of the
/// landmark; divided by its spread, the rest counts. y = W (x − centre), scaled to length 1, where
/// W · (S + λ) · Wᵀ = 1 and S is the scatter of photos around the means of their landmarks: within-class covariance
/// normalisation (Hatch, Kajarekar, Stolcke, 2006), with a ridge λ that counts like d / 4 photos more.
public struct Whitening: Sendable {
    /// Floats d of an embedding.
    public let width: Int
    /// The mean of the photos, [d].
    let centre: Storage
    /// W, [d][d], zero above the diagonal.
    let matrix: Storage

    /// Photos beyond one of each landmark from which on a scatter is learned.
    public static let fewestDeviations = 30
    /// Photos whose scatter is one product, and rows of the scatter that a task computes.
    private static let photosAtOnce = 1024
    private static let scatterRows = 64
    /// Embeddings that are mapped at once.
    private static let rowsAtOnce = 256
    /// Numbers of a direction that one task computes.
    private static let columns = 128
    /// The part of d that the ridge counts as.
    private static let ridgeShare = 0.25

    init(centre: Storage, matrix: Storage) {
        precondition(
            matrix.count == centre.count * centre.count,
            "a square matrix as wide as the centre"
        )
        width = centre.count
        (self.centre, self.matrix) = (centre, matrix)
    }

    /// Learns from photos; nil where there are too few, or none that differ from their landmark's mean.
    ///
    /// - Parameters:
    ///   - rows: embeddings, of length 1.
    ///   - groups: the landmarks, and which rows show them.
    init?(_ rows: EmbeddingBlock, _ groups: LandmarkGroups, _ pool: ThreadPool) {
        let freedom = groups.rowCount - groups.labels.count
        guard groups.labels.count > 1, freedom >= Self.fewestDeviations else { return nil }
        let width = rows.width
        var scatter = Self.scatter(rows, groups, pool)
        let trace = (0..<width).reduce(0) { $0 + scatter[$1 * width + $1] }
        guard trace > 0, trace.isFinite else { return nil }
        let ridge = Self.ridgeShare * Double(width)
        let scale = 1 / (Double(freedom) + ridge)
        let floor = ridge * trace / Double(freedom * width)
        for index in scatter.indices { scatter[index] *= scale }
        for index in 0..<width { scatter[index * width + index] += floor * scale }
        guard let inverse = inverseCholesky(scatter, order: width, pool) else { return nil }
        let matrix = Storage(count: inverse.count)
        for (index, value) in inverse.enumerated() { matrix.base[index] = Float(value) }
        self.init(centre: Storage(groups.centre.map { Float($0) }), matrix: matrix)
    }

    /// Σ (x − mean)(x − mean)ᵀ over all rows, [d][d]; the lower triangle counts.
    private static func scatter(
        _ rows: EmbeddingBlock,
        _ groups: LandmarkGroups,
        _ pool: ThreadPool
    ) -> [Double] {
        let width = rows.width
        let deviations = Storage(count: min(photosAtOnce, groups.rowCount) * width)
        let all = groups.rows.enumerated().flatMap { group, rows in rows.map { ($0, group) } }
        var scatter = [Double](repeating: 0, count: width * width)
        scatter.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            nonisolated(unsafe) let sums = base
            for start in stride(from: 0, to: all.count, by: photosAtOnce) {
                let part = all[start..<min(start + photosAtOnce, all.count)]
                for (place, (row, group)) in part.enumerated() {
                    let (from, to) = (rows.row(row), deviations.base + place * width)
                    let mean = groups.mean(group)
                    for index in 0..<width {
                        to[index] = Float(Double(from[index]) - mean[mean.startIndex + index])
                    }
                }
                pool.parallelFor((width + scatterRows - 1) / scatterRows) { task, _ in
                    let own = task * scatterRows..<min(width, (task + 1) * scatterRows)
                    add(deviations.base, part.count, width, rows: own, to: sums)
                }
            }
        }
        return scatter
    }

    /// Adds some rows of the scatter of photos, up to the diagonal.
    private static func add(
        _ deviations: UnsafePointer<Float>,
        _ photos: Int,
        _ width: Int,
        rows: Range<Int>,
        to sums: UnsafeMutablePointer<Double>
    ) {
        let columns = rows.upperBound
        withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * columns) { buffer in
            guard let product = buffer.baseAddress else { return }
            gemm(
                transposeA: true,
                M: rows.count,
                N: columns,
                K: photos,
                A: deviations + rows.lowerBound,
                lda: width,
                B: deviations,
                ldb: width,
                C: product,
                ldc: columns
            )
            for (place, row) in rows.enumerated() {
                let (from, to) = (product + place * columns, sums + row * width)
                for column in 0...row { to[column] += Double(from[column]) }
            }
        }
    }

    /// Maps rows; one that becomes zero stays so.
    public func directions(_ rows: EmbeddingBlock, _ pool: ThreadPool) -> EmbeddingBlock {
        precondition(rows.width == width, "embeddings of the width that was learned from")
        let mapped = Storage(count: rows.count * width)
        let centred = Storage(count: min(Self.rowsAtOnce, rows.count) * width)
        nonisolated(unsafe) let (from, to, weights) = (centred.base, mapped.base, matrix.base)
        for start in stride(from: 0, to: rows.count, by: Self.rowsAtOnce) {
            let count = min(Self.rowsAtOnce, rows.count - start)
            for place in 0..<count {
                let row = rows.row(start + place)
                for index in 0..<width {
                    centred.base[place * width + index] = row[index] - centre.base[index]
                }
            }
            // By our kernels whatever the pool's engine is: what commands without a network map is to be equal.
            pool.parallelFor((width + Self.columns - 1) / Self.columns) { task, _ in
                let first = task * Self.columns
                gemm(
                    transposeB: true,
                    M: count,
                    N: min(Self.columns, width - first),
                    K: width,
                    A: from,
                    lda: width,
                    B: weights + first * width,
                    ldb: width,
                    C: to + (start * width + first),
                    ldc: width
                )
            }
        }
        for row in 0..<rows.count { scaleToUnit(mapped.base + row * width, width) }
        return EmbeddingBlock(mapped, count: rows.count, width: width)
    }
}

/// Scales a row to length 1; one without a direction becomes zero.
func scaleToUnit(_ row: UnsafeMutablePointer<Float>, _ width: Int) {
    let sum = sumOfSquares(row, width)
    let scale = sum > 0 && sum.isFinite ? 1 / sum.squareRoot() : 0
    for index in 0..<width { row[index] = scale > 0 ? Float(Double(row[index]) * scale) : 0 }
}
