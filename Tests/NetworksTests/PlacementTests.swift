import Networks
import Tensors
import TestSupport
import Testing

/// Where things lie in memory.
@Suite struct PlacementTests {
    @Test func buffersThatLiveTogetherNeverOverlap() {
        var random = Random(seed: 1, .test)
        for _ in 0..<50 {
            var plan = LifetimePlan()
            for _ in 0..<40 {
                let first = random.integer(below: 60)
                let index = plan.add(
                    count: 1 + random.integer(below: 1000),
                    from: first,
                    to: first + random.integer(below: 20)
                )
                if index % 5 == 0 { plan.extend(index, to: 70) }
            }
            let (offsets, count) = plan.place()
            for (a, first) in plan.buffers.enumerated() {
                #expect(offsets[a] % 16 == 0)
                #expect(offsets[a] + first.count <= count)
                for (b, second) in plan.buffers.enumerated().dropFirst(a + 1)
                where first.first <= second.last && second.first <= first.last {
                    let isApart =
                        offsets[a] + first.count <= offsets[b]
                        || offsets[b] + second.count <= offsets[a]
                    #expect(isApart)
                }
            }
            let sum = plan.buffers.reduce(0) { $0 + $1.count }
            #expect(count < sum)
        }
    }

    @Test func aChainNeedsTwoBuffers() {
        var plan = LifetimePlan()
        for layer in 0..<10 { _ = plan.add(count: 160, from: layer, to: layer + 1) }
        #expect(plan.place().count == 320)
    }

    @Test(arguments: Architecture.allCases)
    func parametersFillTheBufferWithoutOverlap(_ architecture: Architecture) {
        let description = ModelDescription(architecture: architecture, classes: 7, imageSize: 32)
        let parameters = description.parameterTable().parameters
        var (end, statistics) = (0, false)
        for parameter in parameters.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            #expect(parameter.range.lowerBound == end)
            #expect(parameter.range.count == parameter.shape.reduce(1, *))
            // Running statistics lie above all that is trained.
            statistics = statistics || !parameter.isTrainable
            #expect(parameter.isTrainable != statistics)
            end = parameter.range.upperBound
        }
        #expect(end == description.valueCount)
        #expect(parameters.count > 10)
    }

    /// 4.7 GB hold the values, gradients and one state of the optimizer of a training rank.
    @Test func vgg19AtFullSizeFitsInMemory() {
        let pool = ThreadPool(threads: 1)
        let description = ModelDescription(architecture: .vgg19_bn, classes: 1000, imageSize: 224)
        let need = Model.memoryForTraining(
            description,
            maximumBatch: 16,
            slices: 1,
            pool: pool,
            exact: false,
            reusesWeights: false
        )
        #expect(need.bytes + need.values * 4 < 4_700_000_000)
        let evaluation = Model.memoryForEvaluation(description, maximumBatch: 16, pool: pool)
        #expect(evaluation.gradients == 0)
        #expect(evaluation.activations * 3 < need.activations)
    }

    /// The sum of a block in evaluation takes the place of the map that it adds, but where somebody else reads that.
    @Test func sumsOverwriteTheirResidual() {
        let photos = Shape(N: 2, H: 12, W: 10, C: 8)
        func run(reading more: Bool) -> (values: [Float], memory: Int) {
            var graph = Graph()
            func normed(_ x: Graph.Value, _ name: String, _ channels: Int) -> Graph.Value {
                let y = graph.convolution(x, name, channels, kernel: 1)
                return graph.batchNorm(y, name + ".norm")
            }
            var x = graph.relu(normed(graph.input, "first", 64), "first.relu")
            for block in ["a", "b"] {
                let narrow = graph.relu(normed(x, block + "1", 16), block + "1.relu")
                let wide = normed(narrow, block + "2", 64)
                if more { graph.output(block, x) }
                x = graph.relu(graph.add(wide, x, block + ".sum"), block + ".relu")
            }
            graph.output("y", x)
            let executor = Executor(
                graph,
                inputs: [photos],
                CompilationOptions(.evaluation, pool: ThreadPool(threads: 2))
            )
            executor.store.initialize(seed: 5)
            let x0 = SharedValues.photos(photos)
            return withExtendedLifetime((executor, x0)) {
                let y = executor.forward([x0.tensor(photos)], .evaluation).last
                return (y?.toArray() ?? [], executor.memory.activations)
            }
        }
        let (own, apart) = (run(reading: false), run(reading: true))
        #expect(own.values == apart.values && own.values.contains { $0 > 0 })
        let pixel = photos.pixels
        #expect((80 * pixel..<100 * pixel).contains(own.memory))
        #expect(apart.memory >= 208 * pixel)
    }
}
