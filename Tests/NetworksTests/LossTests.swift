import Networks
import Tensors
import TestSupport
import Testing

/// The loss against torch.nn.functional.cross_entropy.
@Suite struct LossTests {
    struct Case: Decodable {
        let smoothing: Float
        let classWeights: [Float]?
        let labels: [Int32]
        let losses: [Double]
        let mean: Double
        let gradientOfMean: [Double]
    }

    static let classes = 5

    static func logits() -> [Float] {
        let key = SharedValues.key("logits")
        return (0..<4 * classes).map { Float(3 * SharedValues.uniform(key, $0)) }
    }

    /// The loss, its gradient and the losses of the photos, which had other values before.
    static func run(
        _ logits: [Float],
        labels: [Int32],
        weights: [Float]? = nil,
        classWeights: [Float]? = nil,
        smoothing: Float,
        scale: Float
    ) -> (sum: LossSum, gradient: [Float], losses: [Float]) {
        let shape = Shape(N: labels.count, C: logits.count / labels.count)
        let gradient = Storage(Array(repeating: 7, count: shape.count))
        var losses = Array(repeating: Float(7), count: shape.N)
        let sum = withTensor(logits, shape) { z in
            softmaxCrossEntropy(
                logits: z,
                labels: labels,
                weights: weights ?? Array(repeating: 1, count: shape.N),
                classWeights: classWeights,
                smoothing: smoothing,
                scale: scale,
                dlogits: gradient.tensor(shape),
                losses: &losses
            )
        }
        return (sum, Array(gradient.buffer), losses)
    }

    /// Fixture: `losses` in `scripts/parity/make_fixtures.py`.
    @Test func equalsTorch() throws {
        let cases = try decodeFixture("losses.json", as: [Case].self)
        #expect(cases.count == 4)
        for expected in cases {
            let z = Self.logits()
            let classWeights = expected.classWeights ?? Array(repeating: 1, count: Self.classes)
            let total = expected.labels.reduce(0) { $0 + classWeights[Int($1)] }
            let (sum, gradient, losses) = Self.run(
                z,
                labels: expected.labels,
                classWeights: expected.classWeights,
                smoothing: expected.smoothing,
                scale: 1 / total
            )
            #expect(abs(sum.loss / Double(total) - expected.mean) < 1e-6)
            for (own, value) in zip(losses, expected.losses) {
                #expect(abs(Double(own) - value) < 1e-6)
            }
            for (own, value) in zip(gradient, expected.gradientOfMean) {
                #expect(abs(Double(own) - value) < 1e-7)
            }
            let right = expected.labels.indices.filter { n in
                let row = z[5 * n..<5 * n + 5]
                return row.max() == row[5 * n + Int(expected.labels[n])]
            }
            .count
            #expect(sum.correct1 == right)
        }
    }

    @Test func blanksAndUnknownLabelsAddNothing() {
        let labels: [Int32] = [0, 3, 4, 3]
        let (whole, gradient, losses) = Self.run(
            Self.logits(),
            labels: labels,
            smoothing: 0.1,
            scale: 0.5
        )
        let (part, partGradient, partLosses) = Self.run(
            Self.logits(),
            labels: [0, -1, 4, 3],
            weights: [1, 1, 0, 1],
            smoothing: 0.1,
            scale: 0.5
        )
        #expect(abs(part.loss - (whole.loss - Double(losses[1]) - Double(losses[2]))) < 1e-6)
        #expect(part.loss > 0)
        #expect(partLosses == [losses[0], 0, 0, losses[3]])
        #expect(Array(partGradient[0..<5]) == Array(gradient[0..<5]))
        #expect(partGradient[5..<15].allSatisfy { $0 == 0 })
        #expect(Array(partGradient[15...]) == Array(gradient[15...]))
    }

    @Test func gradientMayOverwriteLogitsAndHugeLogitsAreFinite() {
        let shape = Shape(N: 1, C: 3)
        let (sum, gradient) = withTensor([1000, -1000, 999], shape) { z in
            let sum = softmaxCrossEntropy(
                logits: z,
                labels: [1],
                weights: [1],
                classWeights: nil,
                smoothing: 0,
                scale: 1,
                dlogits: z,
                losses: nil
            )
            return (sum, z.toArray())
        }
        // log(1 + exp(-1)) = 0.313262
        #expect(abs(sum.loss - 2000.313262) < 1e-5)
        #expect(sum.correct1 == 0)
        #expect(zip(gradient, [0.7310586, -1, 0.2689414]).allSatisfy { abs($0 - $1) < 1e-6 })
    }
}
