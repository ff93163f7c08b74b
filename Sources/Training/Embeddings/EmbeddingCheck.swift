import Files
import Tensors

/// Whether numbers can be embeddings.
enum EmbeddingCheck {
    /// The largest sum of squares of a block: products of such rows stay finite.
    private static let largest = 1e30

    /// Throws where a row holds numbers that are not finite, or so large that products of them would not be.
    ///
    /// - Parameters:
    ///   - floats: the rows `range`, [rows][width].
    ///   - path: the file that they come from.
    static func require(
        _ floats: UnsafePointer<Float>,
        _ range: Range<Int>,
        _ width: Int,
        of path: String
    ) throws {
        func isGood(_ start: UnsafePointer<Float>, _ count: Int) -> Bool {
            // A comparison with NaN is false.
            sumOfSquares(start, count) < largest
        }
        guard !isGood(floats, range.count * width) else { return }
        for row in 0..<range.count where !isGood(floats + row * width, width) {
            throw TrainingError.data(
                "\(path.shown): row \(range.lowerBound + row) holds numbers that no embedding has, not finite "
                    + "or beyond 1e15; make the embeddings again"
            )
        }
    }
}
