public import Networks
public import Tensors

/// A network with the weights of a parity fixture, and the fixture's photos.
public final class ParityBench {
    /// What PyTorch computes.
    public let expected: ParityFixture
    /// The network, built for training.
    public let model: Model
    /// The photos, as many as the network takes.
    public let photos: Storage
    private let dlogits: Storage

    /// Loads the fixture of `architecture`, which `scripts/parity/make_fixtures.py` lists.
    public init(_ architecture: Architecture, threads: Int = 2, blas: BLASEngine = .own) throws {
        expected = try decodeFixture(architecture.rawValue + ".json", as: ParityFixture.self)
        model = Model(
            ModelDescription(
                architecture: architecture,
                classes: expected.classes,
                imageSize: expected.imageSize,
                dropout: 0,
                stochasticDepth: 0
            ),
            maximumBatch: expected.labels.count,
            purpose: .training,
            pool: ThreadPool(threads: threads, blas: blas)
        )
        for parameter in model.store.parameters {
            model.store.write(
                parameter,
                SharedValues.parameter(parameter.name, shape: parameter.shape)
            )
        }
        photos = SharedValues.photos(model.input, name: expected.photos)
        dlogits = Storage(count: model.output.count)
    }

    /// The phase of a step of one slice.
    public var training: Phase {
        .training(
            TrainingContext(seed: 0, step: 0, firstPosition: 0, photos: expected.labels.count)
        )
    }

    /// The logits of all photos.
    public func logits(_ phase: Phase) -> [Float] {
        model.forward(photos.tensor(model.input), phase).toArray()
    }

    /// The mean loss in training; its gradients are in the model's store afterwards.
    public func loss() -> Double {
        let count = expected.labels.count
        let dy = dlogits.tensor(model.output)
        let sum = softmaxCrossEntropy(
            logits: model.forward(photos.tensor(model.input), training),
            labels: expected.labels,
            weights: Array(repeating: 1, count: count),
            classWeights: nil,
            smoothing: 0,
            scale: 1 / Float(count),
            dlogits: dy,
            losses: nil
        )
        model.backward(dy) { _ in }
        return sum.loss / Double(count)
    }
}
