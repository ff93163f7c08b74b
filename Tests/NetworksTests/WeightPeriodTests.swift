import Networks
import Tensors
import TestSupport
import Testing

/// What layers keep of the weights is right at any time.
@Suite struct WeightPeriodTests {
    static func model(_ purpose: Purpose, seed: UInt64, reusesWeights: Bool = false) -> Model {
        let model = Model(
            ModelDescription(architecture: .resnet18, classes: 5, imageSize: 32),
            maximumBatch: 3,
            purpose: purpose,
            pool: ThreadPool(threads: 2),
            reusesWeights: reusesWeights
        )
        model.store.initialize(seed: seed)
        return model
    }

    @Test(arguments: [Purpose.evaluation, .training])
    func newWeightsCountInTheNextPeriodAndOutsideOfOne(_ purpose: Purpose) {
        let model = Self.model(purpose, seed: 1, reusesWeights: true)
        let photos = SharedValues.photos(model.input)
        func logits() -> [Float] { model.logits(photos, images: 0..<3, .evaluation) }
        let fresh = [1, 2, 3].map { seed in
            Self.model(.training, seed: seed).logits(photos, images: 0..<3, .evaluation)
        }
        #expect(Set(fresh).count == 3)
        let held = model.withConstantWeights { [logits(), logits()] }
        #expect(held == [fresh[0], fresh[0]])
        model.store.initialize(seed: 2)
        #expect(logits() == fresh[1])
        #expect(model.withConstantWeights { logits() } == fresh[1])
        model.store.initialize(seed: 3)
        #expect(model.withConstantWeights { logits() } == fresh[2])
    }

    @Test func slicesThatShareFiltersHaveTheGradientsOfSlicesThatDoNot() {
        func gradients(_ model: Model) -> [[Float]] {
            model.withConstantWeights { (0..<2).map { _ in ModelTests.pass(model, n: 3).1 } }
        }
        let sharing = gradients(Self.model(.training, seed: 1, reusesWeights: true))
        #expect(sharing == gradients(Self.model(.training, seed: 1)))
        #expect(sharing[0] == sharing[1])
    }

    @Test func filtersAreKeptOnlyWhereTheyAreUsedAgain() {
        #expect(Self.model(.training, seed: 1).memory.filters == 0)
        #expect(Self.model(.evaluation, seed: 1).memory.filters > 0)
        let sharing = Self.model(.training, seed: 1, reusesWeights: true).memory
        #expect(sharing.filters > Self.model(.evaluation, seed: 1).memory.filters)
    }
}
