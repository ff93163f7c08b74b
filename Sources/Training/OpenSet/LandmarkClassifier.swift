import Distributed
import Foundation
public import Images
public import Tensors

/// Names landmarks by the directions of the photos that show them (`LandmarkMeans`), without a head and without
/// training.
public struct LandmarkClassifier {
    private let embedder: Embedder
    /// The landmarks; on rank 0 alone.
    private let means: LandmarkMeans?
    /// Embeddings that are compared at once.
    private static let rowsAtOnce = 1024
    /// The lowest probability that the loss is taken of.
    private static let leastConfidence: Float = 1e-6

    /// Learns from `reference`, embeddings by the network of `embedder`; a collective call.
    ///
    /// - Throws: on all ranks `TrainingError.data` where no photo of the reference has a label.
    public init(_ reference: EmbeddingTable, _ embedder: Embedder) throws {
        self.embedder = embedder
        means = try embedder.communicator.together { () -> LandmarkMeans? in
            guard embedder.communicator.rank == 0 else { return nil }
            let means = LandmarkMeans(reference.rows, reference.labels, embedder.pool)
            guard !means.labels.isEmpty else {
                throw TrainingError.data(
                    "none of the \(reference.labels.count) reference photos shows a known landmark; check the table"
                )
            }
            return means
        }
    }

    /// Names the landmarks in photos; a collective call.
    ///
    /// Confidences are shares of all landmarks, as of `LandmarkMeans.guesses`. The loss is −log of the true
    /// landmark's, of 1e-6 where that is less.
    ///
    /// - Parameter top: landmarks to name for each photo.
    /// - Returns: what was found, on rank 0; on others no outcomes.
    public func run(
        _ photos: any Dataset,
        top: Int,
        stop: Interruption? = nil,
        progress: (Int) -> Void = { _ in }
    ) throws -> Evaluator.Findings {
        let width = embedder.width
        let rows = Storage(count: means == nil ? 0 : Self.rowsAtOnce * width)
        var waiting: [Int] = []
        var outcomes: [PhotoOutcome] = []
        func name() {
            guard let means, !waiting.isEmpty else { return }
            let block = EmbeddingBlock(rows, count: waiting.count, width: width)
            let directions = means.directions(block, embedder.pool)
            let truths = waiting.map(photos.label)
            let all = means.guesses(directions, top: top, truths: truths, embedder.pool)
            for (place, guesses) in all.enumerated() {
                let loss = -log(max(guesses.truth, Self.leastConfidence))
                outcomes.append(
                    PhotoOutcome(
                        photo: waiting[place],
                        loss: truths[place] >= 0 ? loss : .nan,
                        best: guesses.best.map {
                            .init(label: $0.label, confidence: $0.confidence)
                        }
                    )
                )
            }
            waiting = []
        }
        let skipped = try embedder.run(photos, count: photos.count, stop: stop, progress: progress)
        {
            photo,
            row in
            (rows.base + waiting.count * width).update(from: row, count: width)
            waiting.append(photo)
            if waiting.count == Self.rowsAtOnce { name() }
        }
        name()
        return Evaluator.Findings(
            outcomes: outcomes,
            skipped: skipped.map(\.told).sorted { $0.path < $1.path }
        )
    }
}
