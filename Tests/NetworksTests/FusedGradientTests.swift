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

    /// Pointwise convolutions from few channels to many and from many to few, of which one or the other factor is packed;
    /// the system's BLAS takes each gradient by itself.
    @Test(
        arguments: [
            (24, 144), (144, 24), (96, 160), (160, 96), (256, 128), (512, 128), (300, 200),
            (128, 512), (130, 129),
        ]
    )
    func pointwiseOnesAreThoseOfTheSystem(_ channels: (from: Int, to: Int)) {
        let shape = Shape(N: 16, H: 16, W: 17, C: channels.from)
        var graph = Graph()
        let x = graph.convolution(graph.input, "conv", channels.to, kernel: 1)
        graph.output("y", graph.batchNorm(x, "norm"))
        func run(_ blas: BLASEngine) -> [Float] {
            let options = CompilationOptions(
                .training,
                pool: ThreadPool(threads: 2, blas: blas)
            )
            let executor = Executor(graph, inputs: [shape], inputGradients: true, options)
            executor.store.initialize(seed: 5)
            let context = TrainingContext(seed: 1, step: 0, firstPosition: 0, photos: shape.N)
            let photos = SharedValues.photos(shape)
            return withExtendedLifetime((executor, photos)) {
                let y = executor.forward([photos.tensor(shape)], .training(context))[0]
                let dy = Storage((0..<y.count).map { Float($0 * 31 % 17) / 17 - 0.4 })
                return withExtendedLifetime(dy) {
                    let dx = executor.backward([dy.tensor(y.shape)])[0]
                    return Array(executor.store.gradients.buffer) + (dx?.toArray() ?? [])
                }
            }
        }
        let geometry = ConvolutionGeometry(input: shape, channels: channels.to, kernel: 1)
        let kernel = ConvolutionKernel(geometry, threads: 2)
        #expect(kernel.fusesBackward(inputGradient: true, residual: false))
        let (own, system) = (run(.own), run(.system))
        let weights = channels.from * channels.to
        // The weights' gradients and those of the input have sizes of their own.
        for range in [0..<weights, own.count - shape.count..<own.count] {
            let scale = system[range].reduce(0) { max($0, abs($1)) }
            let error = zip(own[range], system[range]).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(scale > 0 && error <= 1e-4 * scale, "\(error) of \(scale)")
        }
    }
}
