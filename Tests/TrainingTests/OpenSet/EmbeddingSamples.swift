import Images
import Networks
import Tensors
import Training

/// Embeddings of made-up landmarks: photos of one scatter around its own direction, more along some axes than others.
struct EmbeddingSamples {
    let rows: EmbeddingBlock
    let labels: [Int32]
    let width: Int

    /// - Parameter counts: photos of each landmark; where some are unknown, landmark −1 comes last.
    init(_ counts: [Int], width: Int = 12, seed: UInt64 = 1, spread: Float = 0.5) {
        let storage = Storage(count: counts.reduce(0, +) * width)
        var labels: [Int32] = []
        var place = 0
        for (landmark, count) in counts.enumerated() {
            var centre = Random(seed: seed, .test, UInt64(landmark))
            let mean = (0..<width).map { _ in centre.normal() }
            for photo in 0..<count {
                var random = Random(seed: seed, .test, UInt64(landmark), UInt64(photo + 1))
                let row = storage.base + place * width
                for index in 0..<width {
                    let scale = index < 3 ? 6 * spread : spread
                    row[index] = mean[index] + scale * random.normal()
                }
                let length = (0..<width).reduce(Float(0)) { $0 + row[$1] * row[$1] }.squareRoot()
                for index in 0..<width { row[index] /= length }
                labels.append(Int32(landmark))
                place += 1
            }
        }
        rows = EmbeddingBlock(storage, count: labels.count, width: width)
        self.labels = labels
        self.width = width
    }

    /// A network that such embeddings could be by.
    static func network(width: Int = 12, hash: String = "00112233445566778899aabbccddeeff")
        -> EmbeddingNetwork
    {
        EmbeddingNetwork(hash: hash, architecture: .small, imageSize: 32, width: width)
    }

    /// Some rows of a block.
    static func block(_ rows: EmbeddingBlock, _ range: Range<Int>) -> EmbeddingBlock {
        let storage = Storage(count: range.count * rows.width)
        rows.read(range, into: storage.base)
        return EmbeddingBlock(storage, count: range.count, width: rows.width)
    }

    /// The floats of rows.
    static func floats(_ rows: EmbeddingBlock) -> [Float] {
        (0..<rows.count).flatMap { row in (0..<rows.width).map { rows.row(row)[$0] } }
    }
}
