import Foundation
import Networks
import Tensors
import TestSupport
import Testing

/// Gradients of whole networks by our kernels against those by the system's BLAS, which joins no passes and shares none of our
/// products.
///
/// Every map has more than a thousand pixels, so that each way is taken that pays for large maps alone; the fixtures of
/// `ParityTests` are too small for that.
@Suite(
    .serialized,
    .enabled(if: (try? SystemBLAS.found.get()) != nil, "this machine has no CBLAS")
) struct EngineTests {
    @Test(arguments: [Architecture.resnet50, .mobilenet_v2, .mobilenet_v3_large, .efficientnet_b0])
    func gradientsAreThoseOfTheSystem(_ architecture: Architecture) throws {
        try compare(architecture)
    }

    /// Takes minutes: for those who change how passes are joined.
    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment["LANDMARK_TEST_ALL_NETWORKS"] != nil,
            "LANDMARK_TEST_ALL_NETWORKS is not set"
        ),
        arguments: Architecture.allCases
    )
    func gradientsOfAllNetworksAreThoseOfTheSystem(_ architecture: Architecture) throws {
        try compare(architecture)
    }

    /// Compares the norm of each parameter's difference with that of its gradient.
    ///
    /// Rounding moves some values across the kinks of activations, and batch norms spread that: 3 % in ResNet-50, 10 % in ResNet-152.
    /// A pass that does something else is off by as much as the gradient itself.
    private func compare(_ architecture: Architecture) throws {
        let expected = Self.gradients(architecture, blas: .system)
        let own = Self.gradients(architecture, blas: .own)
        // That of a bias before a batch norm is 0 but for rounding.
        let floor = 1e-5 * (expected.values.map(Self.norm).max() ?? 0)
        #expect(floor > 0)
        for (name, values) in expected {
            let difference = try zip(#require(own[name]), values).map { $0 - $1 }
            #expect(Self.norm(difference) <= 0.3 * Self.norm(values) + floor, "\(name)")
        }
    }

    private static func norm(_ values: [Float]) -> Double {
        values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }

    /// The gradients of a pass, by the names of the parameters.
    private static func gradients(
        _ architecture: Architecture,
        blas: BLASEngine
    ) -> [String: [Float]] {
        let photos = 24
        let model = Model(
            ModelDescription(
                architecture: architecture,
                classes: 20,
                imageSize: 224,
                dropout: 0,
                stochasticDepth: 0
            ),
            maximumBatch: photos,
            purpose: .training,
            pool: ThreadPool(threads: 2, blas: blas)
        )
        model.store.initialize(seed: 3)
        let x = SharedValues.photos(model.input)
        let context = TrainingContext(seed: 1, step: 0, firstPosition: 0, photos: photos)
        return withExtendedLifetime((model, x)) {
            let y = model.forward(x.tensor(model.input), .training(context))
            let dy = Storage(y.toArray().enumerated().map { $1 * 0.5 + Float($0 % 7) / 7 - 0.4 })
            return withExtendedLifetime(dy) {
                model.backward(dy.tensor(y.shape)) { _ in }
                let trainable = model.store.parameters.filter(\.isTrainable)
                return Dictionary(
                    uniqueKeysWithValues: trainable.map {
                        ($0.name, model.store.read($0, from: model.store.gradients.base))
                    }
                )
            }
        }
    }
}
