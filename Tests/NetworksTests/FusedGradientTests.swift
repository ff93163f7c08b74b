import Networks
import Tensors
import TestSupport
import Testing

/// Gradients of the weights of a first layer, taken from its batch norm's step by step.
@Suite struct FusedGradientTests {
    static let photos = Shape(N: 16, H: 30, W: 33, C: 3)

    /// The first layer of a network, with what often follows it.
    private static func graph(kernel: Int, stride: Int, _ activation: Activation) -> Graph {
        var graph = Graph()
        let x = graph.convolution(
            graph.input,
            "first",
            40,
            kernel: kernel,
            stride: stride,
            padding: .symmetric(kernel / 2)
        )
        let y = graph.activation(graph.batchNorm(x, "norm"), "act", activation)
        graph.output("y", graph.maxPool(y, "pool", kernel: 2, stride: 2))
        return graph
    }

    /// Gradients of all parameters; those of the photos are computed as well where asked, and then in a pass of their own.
    private static func run(
        _ graph: Graph,
        inputGradients: Bool,
        slices: Int,
        threads: Int = 2
    ) -> [Float] {
        let options = CompilationOptions(
            .training,
            slices: slices,
            pool: ThreadPool(threads: threads)
        )
        let executor = Executor(
            graph,
            inputs: [photos],
            inputGradients: inputGradients,
            options
        )
        executor.store.initialize(seed: 5)
        let each = photos.N / slices
        let context = TrainingContext(
            seed: 1,
            step: 0,
            firstPosition: 0,
            slices: (0..<slices).map {
                .init(images: $0 * each..<($0 + 1) * each, statisticsWeight: 1 / Float(slices))
            }
        )
        let x = SharedValues.photos(photos)
        return withExtendedLifetime((executor, x)) {
            let y = executor.forward([x.tensor(photos)], .training(context))[0]
            let dy = Storage(y.toArray().enumerated().map { $1 * 0.5 + Float($0 % 7) / 7 - 0.4 })
            return withExtendedLifetime(dy) {
                executor.backward([dy.tensor(y.shape)])
                return Array(executor.store.gradients.buffer)
            }
        }
    }

    @Test(
        arguments: [(3, 1), (3, 2), (7, 2), (1, 1)],
        [Activation.relu, .relu6, .silu, .hardSwish]
    )
    func areThoseOfSeparatePasses(_ window: (Int, Int), _ activation: Activation) {
        let graph = Self.graph(kernel: window.0, stride: window.1, activation)
        let geometry = ConvolutionGeometry(
            input: Self.photos,
            channels: 40,
            kernel: window.0,
            stride: window.1,
            padding: .symmetric(window.0 / 2)
        )
        for slices in [1, 2] {
            let kernel = ConvolutionKernel(geometry, slices: slices, threads: 2)
            #expect(kernel.fusesBackward(inputGradient: false, residual: false))
            #expect(
                kernel.fusesBackward(inputGradient: true, residual: false) == (window.0 == 1)
            )
            let fused = Self.run(graph, inputGradients: false, slices: slices)
            let apart = Self.run(graph, inputGradients: true, slices: slices)
            let scale = apart.reduce(0) { max($0, abs($1)) }
            #expect(scale > 1 && fused.count == apart.count)
            #expect(zip(fused, apart).allSatisfy { abs($0 - $1) <= 1e-5 * scale })
            for threads in [1, 3] {
                let other = Self.run(
                    graph,
                    inputGradients: false,
                    slices: slices,
                    threads: threads
                )
                #expect(other == fused)
            }
        }
    }
}
