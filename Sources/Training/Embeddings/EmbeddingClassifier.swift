import Foundation
public import Images
public import Tensors

/// Who names the landmark in a photo.
public enum ClassifierKind: String, CaseIterable, Sendable {
    /// The network's last layer.
    case head
    /// The photos learned from that are nearest by their embeddings.
    case knn
    /// The landmark whose photos have the nearest mean embedding.
    case classMean = "class-mean"
    /// The landmark in whose direction the photo lies, by `LandmarkMeans`.
    case whitenedMean = "whitened-mean"
}

/// Names landmarks by embeddings of photos that show them, without a head and without training.
public struct EmbeddingClassifier {
    private let embedder: Embedder
    private let kind: ClassifierKind
    private let neighbours: Int
    private let database: EmbeddingBlock
    /// The class of each row of the database.
    private let labels: [Int32]

    /// Similarity by which a vote weighs e times as much.
    private static let temperature: Float = 0.05
    /// Neighbours that are looked at at least, so that landmarks beyond those with a vote have an order; and means.
    private static let leastNeighbours = 50
    /// The lowest probability that the loss is taken of.
    private static let leastConfidence: Float = 1e-6

    /// Names landmarks by `reference`.
    ///
    /// - Parameters:
    ///   - reference: embeddings by the network of `embedder`; photos without a label are left out.
    ///   - kind: `knn` or `classMean`.
    ///   - neighbours: photos that vote, at least 1.
    /// - Throws: `TrainingError.data` where no photo of the reference has a label.
    public init(
        _ reference: EmbeddingTable,
        _ kind: ClassifierKind,
        neighbours: Int,
        _ embedder: Embedder
    ) throws {
        precondition(
            [.knn, .classMean].contains(kind) && neighbours > 0,
            "neighbours name the landmark"
        )
        self.embedder = embedder
        self.kind = kind
        self.neighbours = neighbours
        let known = reference.labels.indices.filter { reference.labels[$0] >= 0 }
        guard !known.isEmpty else {
            throw TrainingError.data(
                "none of the \(reference.labels.count) reference photos shows a known landmark; check the table"
            )
        }
        if kind == .classMean {
            (database, labels) = Self.means(reference, known)
        } else if known.count == reference.labels.count {
            (database, labels) = (reference.rows, reference.labels)
        } else {
            let width = reference.rows.width
            let storage = Storage(count: known.count * width)
            for (place, row) in known.enumerated() {
                (storage.base + place * width).update(from: reference.rows.row(row), count: width)
            }
            database = EmbeddingBlock(storage, count: known.count, width: width)
            labels = known.map { reference.labels[$0] }
        }
    }

    /// Names the landmarks in photos; a collective call.
    ///
    /// Each of the K nearest photos votes with the weight exp(similarity / 0.05), as in Wu et al., "Unsupervised Feature
    /// Learning via Non-Parametric Instance Discrimination", 2018, who have 0.07; by class means each of the 50 nearest
    /// does. The confidence of a landmark is the sum of its votes' similarities by their shares of the weights; negative
    /// ones count as 0. The loss is −log of the true landmark's confidence, of 1e-6 where that is less.
    ///
    /// - Parameter top: landmarks to name for each photo.
    public func run(
        _ photos: any Dataset,
        top: Int,
        stop: Interruption? = nil,
        progress: (Int) -> Void = { _ in }
    ) throws -> Evaluator.Findings {
        let embedded = try embedder.embed(
            photos,
            count: photos.count,
            stop: stop,
            progress: progress
        )
        let search = SharedSearch(communicator: embedder.communicator, pool: embedder.pool)
        var outcomes: [PhotoOutcome] = []
        let most = kind == .knn ? max(neighbours, Self.leastNeighbours) : Self.leastNeighbours
        try search.run(embedded.rows, in: database, most: most, stop: stop) { query, rows in
            let photo = embedded.photos[query]
            let best = answers(rows)
            let truth = photos.label(photo)
            let own = best.first { $0.label == truth }?.confidence ?? 0
            outcomes.append(
                PhotoOutcome(
                    photo: photo,
                    loss: truth >= 0 ? -log(max(own, Self.leastConfidence)) : .nan,
                    best: Array(best.prefix(top))
                )
            )
        }
        return Evaluator.Findings(
            outcomes: outcomes,
            skipped: embedded.skipped.map(\.told).sorted { $0.path < $1.path }
        )
    }

    /// The landmarks of the nearest rows: those with votes first, by the sum of them, the others by their nearest.
    func answers(_ rows: [RankedRow]) -> [PhotoOutcome.Answer] {
        let voters = kind == .knn ? rows.prefix(neighbours) : rows[...]
        let nearest = voters.first?.score ?? 0
        let weights = voters.map { exp(($0.score - nearest) / Self.temperature) }
        let sum = weights.reduce(0, +)
        var order: [Int32] = []
        var votes: [Int32: Float] = [:]
        for (place, row) in rows.enumerated() {
            let label = labels[row.row]
            if votes[label] == nil {
                order.append(label)
                votes[label] = 0
            }
            guard place < weights.count else { continue }
            votes[label, default: 0] += weights[place] / sum * max(row.score, 0)
        }
        // Equal votes stay in the order of the nearest photo.
        let ranked = order.enumerated().sorted { a, b in
            let (x, y) = (votes[a.element] ?? 0, votes[b.element] ?? 0)
            return x != y ? x > y : a.offset < b.offset
        }
        return ranked.map { .init(label: $0.element, confidence: min(votes[$0.element] ?? 0, 1)) }
    }

    /// The mean of each class's embeddings, scaled to length 1; classes without photos have none.
    private static func means(
        _ reference: EmbeddingTable,
        _ known: [Int]
    ) -> (EmbeddingBlock, [Int32]) {
        let width = reference.rows.width
        let labels = Array(Set(known.map { reference.labels[$0] })).sorted()
        let places = Dictionary(
            labels.enumerated().map { ($1, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var sums = [Double](repeating: 0, count: labels.count * width)
        for row in known {
            let start = (places[reference.labels[row]] ?? 0) * width
            let from = reference.rows.row(row)
            for index in 0..<width { sums[start + index] += Double(from[index]) }
        }
        let storage = Storage(count: labels.count * width)
        for place in labels.indices {
            let sum = sums[place * width..<(place + 1) * width]
            let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
            // Photos that cancel one another have no mean direction and are like nothing.
            let scale = length > 0 ? 1 / length : 0
            for (index, value) in sum.enumerated() {
                storage.base[place * width + index] = Float(value * scale)
            }
        }
        return (EmbeddingBlock(storage, count: labels.count, width: width), labels)
    }
}
