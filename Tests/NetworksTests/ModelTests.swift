import Networks
import Tensors
import TestSupport
import Testing

/// Whole networks: bits, order of gradients, phases.
@Suite struct ModelTests {
    static func model(
        _ architecture: Architecture,
        batch: Int,
        threads: Int = 2,
        purpose: Purpose = .training,
        imageSize: Int = 32,
        slices: Int = 1
    ) -> Model {
        let model = Model(
            ModelDescription(architecture: architecture, classes: 5, imageSize: imageSize),
            maximumBatch: batch,
            slices: slices,
            purpose: purpose,
            pool: ThreadPool(threads: threads)
        )
        model.store.initialize(seed: 11)
        return model
    }

    static func context(_ photos: Int, step: UInt64 = 0, position: Int = 0) -> Phase {
        .training(TrainingContext(seed: 3, step: step, firstPosition: position, photos: photos))
    }

    /// Logits and gradients of one training pass over `n` photos.
    static func pass(_ model: Model, n: Int, phase: Phase? = nil) -> ([Float], [Float]) {
        let photos = SharedValues.photos(model.input)
        return withExtendedLifetime((model, photos)) {
            let logits = model.logits(photos, images: 0..<n, phase ?? context(n))
            model.backward(logits)
            return (logits, Array(model.store.gradients.buffer))
        }
    }

    @Test(arguments: [Architecture.small, .resnet18, .resnet50])
    func bitsDependOnNoThreads(_ architecture: Architecture) {
        let one = Self.pass(Self.model(architecture, batch: 6, threads: 1), n: 6)
        #expect(one.0.contains { $0 != 0 } && one.0.allSatisfy(\.isFinite))
        for threads in [2, 3] {
            let other = Self.pass(Self.model(architecture, batch: 6, threads: threads), n: 6)
            #expect(other.0 == one.0)
            #expect(other.1 == one.1)
        }
    }

    @Test func aSmallerBatchIsAsInANetworkBuiltForIt() {
        let large = Self.pass(Self.model(.small, batch: 8), n: 3)
        let small = Self.pass(Self.model(.small, batch: 3), n: 3)
        #expect(large.0 == small.0)
        #expect(large.1 == small.1)
    }

    @Test func gradientsReplaceThoseBefore() {
        let model = Self.model(.small, batch: 4)
        let once = Self.pass(model, n: 4).1
        model.store.gradients.buffer.update(repeating: 7)
        #expect(Self.pass(model, n: 4).1 == once)
        #expect(once.contains { $0 != 0 })
    }

    /// Ranges come from the top without holes, and are not touched after they were announced.
    @Test(arguments: [Architecture.small, .resnet50])
    func finishedRangesComeFromTheTop(_ architecture: Architecture) {
        let model = Self.model(architecture, batch: 2)
        let store = model.store
        let photos = SharedValues.photos(model.input)
        var end = store.count
        var announced: [(range: Range<Int>, values: [Float])] = []
        withExtendedLifetime((model, photos)) {
            let logits = model.logits(photos, images: 0..<2, Self.context(2))
            model.backward(logits) { range in
                #expect(range.upperBound == end)
                #expect(!range.isEmpty)
                end = range.lowerBound
                announced.append((range, Array(store.gradients.slice(range))))
            }
        }
        #expect(end == 0)
        #expect(announced.count > 5)
        for (range, values) in announced {
            #expect(values == Array(store.gradients.slice(range)))
        }
    }

    /// Each slice adds its share; PyTorch's running variance is without bias.
    @Test func statisticsAreWeightedByTheSlice() throws {
        let model = Self.model(.small, batch: 4)
        let whole = Self.pass(model, n: 4).1
        let photos = SharedValues.photos(model.input)
        let statistics = model.store.trainable.upperBound..<model.store.count
        var sum = [Float](repeating: 0, count: statistics.count)
        for weight: Float in [0.25, 0.75] {
            let slice = TrainingContext.Slice(images: 0..<4, statisticsWeight: weight)
            let context = TrainingContext(seed: 3, step: 0, firstPosition: 0, slices: [slice])
            _ = model.logits(photos, images: 0..<4, .training(context))
            sum = zip(sum, model.store.gradients.slice(statistics)).map { $0 + $1 }
        }
        #expect(statistics.count == 2 * (16 + 2 * (32 + 64 + 128) + 32 + 64 + 128))
        for (own, index) in zip(sum, statistics) {
            #expect(abs(own - whole[index]) <= 1e-5 * max(1, abs(own)))
        }
        #expect(statistics.contains { whole[$0] > 0.1 })
    }

    /// Shared memory of activations changes nothing.
    @Test(arguments: [Architecture.small, .resnet50])
    func evaluationNeedsLittleMemoryAndGivesTheSame(_ architecture: Architecture) {
        let training = Self.model(architecture, batch: 3)
        let evaluation = Self.model(architecture, batch: 3, purpose: .evaluation)
        #expect(evaluation.memory.activations * 2 < training.memory.activations)
        #expect(evaluation.store.gradients.count == 0)
        let photos = SharedValues.photos(training.input)
        let expected = training.logits(photos, images: 0..<3, .evaluation)
        #expect(evaluation.logits(photos, images: 0..<3, .evaluation) == expected)
        // And a photo's logits do not depend on its neighbours.
        let last = evaluation.logits(photos, images: 2..<3, .evaluation)
        #expect(last == Array(expected[10..<15]))
    }

    /// The same for layers that write over their input, as VGG's without batch norm do.
    @Test func evaluationInPlaceGivesTheSame() {
        let input = Shape(N: 3, H: 8, W: 8, C: 3)
        var graph = Graph()
        var x = graph.relu(graph.conv(graph.input, "a", 8), "b")
        x = graph.relu(graph.conv(x, "c", 8), "d")
        x = graph.maxPool(x, "e", kernel: 2, stride: 2)
        x = graph.relu(graph.dense(x, "f", 30), "g")
        x = graph.dense(graph.dropout(x, "h", rate: 0.5), "i", 30)
        graph.output("y", x)
        func run(_ purpose: Purpose) -> [Float] {
            let options = CompilationOptions(purpose, pool: ThreadPool(threads: 2))
            let executor = Executor(graph, inputs: [input], options)
            executor.store.initialize(seed: 2)
            let photos = SharedValues.photos(input)
            return withExtendedLifetime((executor, photos)) {
                executor.forward([photos.tensor(input)], .evaluation)[0].toArray()
            }
        }
        #expect(run(.evaluation) == run(.training))
        #expect(Set(run(.evaluation)).count == 90)
    }

    @Test func dropoutFollowsThePositionOfThePhoto() {
        func run(_ phase: Phase, n: Int) -> [Float] {
            var graph = Graph()
            let x = graph.dropout(graph.input, "a", rate: 0.5)
            graph.output("y", graph.dropout(x, "b", rate: 0.5))
            let executor = Executor(
                graph,
                inputs: [Shape(N: 4, C: 500)],
                CompilationOptions(.training, pool: ThreadPool(threads: 2))
            )
            let ones = Array(repeating: Float(1), count: n * 500)
            return withExtendedLifetime(executor) {
                withTensor(ones, Shape(N: n, C: 500)) {
                    executor.forward([$0], phase)[0].toArray()
                }
            }
        }
        let four = run(Self.context(4), n: 4)
        let kept = four.filter { $0 != 0 }
        #expect(kept.allSatisfy { $0 == 4 })
        // Two independent masks keep a quarter.
        #expect(abs(Double(kept.count) / 2000 - 0.25) < 0.05)
        #expect(run(Self.context(2, position: 2), n: 2) == Array(four[1000...]))
        #expect(run(Self.context(4, step: 1), n: 4) != four)
        #expect(run(.evaluation, n: 2) == Array(repeating: 1, count: 1000))
    }

    /// A network that learns can learn 32 noise photos by heart.
    @Test func thirtyTwoPhotosCanBeLearnedByHeart() {
        let model = Self.model(.small, batch: 32)
        let store = model.store
        let photos = SharedValues.photos(model.input)
        let labels = (0..<32).map { Int32($0 % 5) }
        let dlogits = Storage(count: model.output.count)
        var velocity = Array(repeating: Float(0), count: store.trainable.count)
        var sums: [LossSum] = []
        withExtendedLifetime((model, photos, dlogits)) {
            for _ in 0..<40 {
                store.gradients.buffer.update(repeating: 0)
                let dy = dlogits.tensor(model.output)
                sums.append(
                    softmaxCrossEntropy(
                        logits: model.forward(photos.tensor(model.input), Self.context(32)),
                        labels: labels,
                        weights: Array(repeating: 1, count: 32),
                        classWeights: nil,
                        smoothing: 0,
                        scale: 1 / 32,
                        dlogits: dy,
                        losses: nil
                    )
                )
                model.backward(dy) { _ in }
                for i in store.trainable {
                    velocity[i] = 0.9 * velocity[i] + store.gradients.base[i]
                    store.values.base[i] -= 0.05 * velocity[i]
                }
            }
        }
        #expect((sums.first?.loss ?? 0) / 32 > 1)
        #expect((sums.last?.loss ?? 32) / 32 < 0.05)
        #expect(sums.last?.correct1 == 32)
    }
}
