import Networks
import Tensors
import TestSupport
import Testing

/// A pass of several slices has the bits of the slices apart, added in the order of their tree.
@Suite struct SlicedPassTests {
    /// Of several sizes, one of them empty.
    static let images = [0..<2, 2..<3, 3..<3, 3..<5, 5..<7, 7..<8]
    static let position = 16

    /// What a pass over some slices, whose photos begin at `first`, needs to know.
    static func context(_ slices: [Range<Int>]) -> Phase {
        let first = slices[0].lowerBound
        return .training(
            TrainingContext(
                seed: 3,
                step: 1,
                firstPosition: position + first,
                slices: slices.map {
                    TrainingContext.Slice(
                        images: $0.lowerBound - first..<$0.upperBound - first,
                        statisticsWeight: Float($0.count) / 8
                    )
                }
            )
        )
    }

    /// The sum of the gradients `parts` over the slices `node`.
    static func sum(_ parts: [[Float]], _ node: Range<Int>) -> [Float] {
        guard node.count > 1 else { return parts[node.lowerBound] }
        let middle = node.lowerBound + Slices.leftHalf(of: node.count)
        let right = sum(parts, middle..<node.upperBound)
        return zip(sum(parts, node.lowerBound..<middle), right).map { $0 + $1 }
    }

    @Test(arguments: [(Architecture.small, 32), (.resnet18, 64)], [1, 3])
    func ofNetworks(_ network: (Architecture, Int), threads: Int) {
        let whole = ModelTests.model(
            network.0,
            batch: 12,
            threads: threads,
            imageSize: network.1,
            slices: 6
        )
        let (logits, gradients) = ModelTests.pass(whole, n: 8, phase: Self.context(Self.images))
        let photos = SharedValues.photos(whole.input)
        let apart = ModelTests.model(network.0, batch: 2, imageSize: network.1)
        var parts: [[Float]] = []
        var partLogits: [Float] = []
        for images in Self.images {
            apart.store.gradients.buffer.update(repeating: 0)
            if !images.isEmpty {
                let found = apart.logits(photos, images: images, Self.context([images]))
                apart.backward(found)
                partLogits += found
            }
            parts.append(Array(apart.store.gradients.buffer))
        }
        #expect(logits == partLogits)
        #expect(gradients == Self.sum(parts, 0..<6))
        #expect(gradients.contains { $0 != 0 })
    }

    /// What VGG has beside: biases, dense layers on maps, dropout.
    @Test(arguments: [1, 3])
    func ofBiasesDenseLayersAndDropout(_ threads: Int) {
        var graph = Graph()
        var x = graph.relu(graph.conv(graph.input, "a", 24), "b")
        x = graph.relu(graph.batchNorm(graph.conv(x, "c", 40), "d"), "j")
        x = graph.maxPool(x, "e", kernel: 2, stride: 2)
        x = graph.relu(graph.dense(x, "f", 90), "g")
        graph.output("y", graph.dense(graph.dropout(x, "h", rate: 0.5), "i", 30))
        Self.check(graph, threads: threads)
    }

    /// What networks for CPUs and ConvNeXt have beside: curved activations, layer norms, scales of channels and of
    /// branches, stochastic depth.
    @Test(arguments: [1, 3])
    func ofInvertedResidualsAndConvNeXtsBranches(_ threads: Int) {
        var graph = Graph()
        var x = graph.conv(graph.input, "a", 4)
        x = graph.inverted(graph.inverted(x, "b", rate: 0.4), "c", rate: 0.4)
        var y = graph.layerNorm(graph.conv(x, "d", 4), "n")
        y = graph.activation(graph.convolution(y, "e", 20, kernel: 1, bias: true), "f", .gelu)
        y = graph.convolution(y, "g", 4, kernel: 1, bias: true)
        y = graph.stochasticDepth(graph.layerScale(y, "gamma", initial: 0.5), "s", rate: 0.4)
        graph.output("y", graph.dense(graph.add(y, x, "t"), "i", 30))
        Self.check(graph, threads: threads)
    }

    private static func check(_ graph: Graph, threads: Int) {
        func executor(_ N: Int, slices: Int) -> Executor {
            let executor = Executor(
                graph,
                inputs: [Shape(N: N, H: 16, W: 16, C: 3)],
                CompilationOptions(.training, slices: slices, pool: ThreadPool(threads: threads))
            )
            executor.store.initialize(seed: 2)
            return executor
        }
        func pass(_ executor: Executor, _ photos: Storage, _ slices: [Range<Int>]) -> [Float] {
            let images = slices[0].lowerBound..<slices[slices.count - 1].upperBound
            let x = photos.tensor(executor.inputs[0].with(N: 8)).images(images)
            let y = Storage(executor.forward([x], context(slices))[0].toArray())
            return withExtendedLifetime((executor, photos, y)) {
                executor.backward([y.tensor(executor.outputs[0].with(N: images.count))])
                return Array(executor.store.gradients.buffer)
            }
        }
        let photos = SharedValues.photos(Shape(N: 8, H: 16, W: 16, C: 3))
        let gradients = pass(executor(12, slices: 6), photos, images)
        let apart = executor(2, slices: 1)
        let parts = images.map { images in
            images.isEmpty
                ? [Float](repeating: 0, count: gradients.count) : pass(apart, photos, [images])
        }
        #expect(gradients == sum(parts, 0..<6))
        #expect(gradients.contains { $0 != 0 })
    }
}
