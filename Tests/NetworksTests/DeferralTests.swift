import Networks
import Tensors
import TestSupport
import Testing

/// Norms that the layer behind applies to what it reads.
@Suite struct DeferralTests {
    static let photos = Shape(N: 12, H: 20, W: 17, C: 16)

    /// A convolution, a depthwise one and a projection, each with its norm; the block of MobileNetV2 with wide maps of
    /// `channels`.
    private static func block(
        _ activation: Activation,
        stride: Int,
        kernel: Int,
        channels: Int,
        apart: Bool
    ) -> Graph {
        var graph = Graph()
        var wide: [Graph.Value] = []
        func normed(_ x: Graph.Value, _ name: String) -> Graph.Value {
            let y = graph.activation(graph.batchNorm(x, name + ".norm"), name + ".act", activation)
            wide.append(y)
            return y
        }
        let x = normed(
            graph.convolution(graph.input, "expand", channels, kernel: 1),
            "expand"
        )
        let d = normed(
            graph.depthwise(
                x,
                "depthwise",
                channels,
                kernel: kernel,
                stride: stride,
                padding: .symmetric(kernel / 2)
            ),
            "depthwise"
        )
        let y = graph.batchNorm(graph.convolution(d, "project", 16, kernel: 1), "project.norm")
        graph.output("y", y)
        // A second reader of the maps between keeps the norms where they are.
        if apart { for value in wide { graph.output("more", value) } }
        return graph
    }

    private static func slices(_ count: Int) -> TrainingContext {
        let N = photos.N
        return TrainingContext(
            seed: 1,
            step: 0,
            firstPosition: 0,
            slices: (0..<count).map {
                .init(
                    images: $0 * N / count..<($0 + 1) * N / count,
                    statisticsWeight: 1 / Float(count)
                )
            }
        )
    }

    /// The output and all gradients; floats of activations.
    static func run(
        _ graph: Graph,
        slices: Int,
        threads: Int = 2,
        instructions: InstructionSet = .current
    ) -> (values: [Float], memory: Int) {
        let pool = ThreadPool(threads: threads, instructions: instructions)
        let options = CompilationOptions(.training, slices: slices, pool: pool)
        let executor = Executor(graph, inputs: [photos], inputGradients: true, options)
        executor.store.initialize(seed: 5)
        let x = SharedValues.photos(photos)
        return withExtendedLifetime((executor, x)) {
            let outputs = executor.forward([x.tensor(photos)], .training(Self.slices(slices)))
            let y = outputs[0].toArray()
            let dy = Storage(y.enumerated().map { $1 * 0.5 + Float($0 % 7) / 7 - 0.4 })
            var gradients: [Tensor?] = outputs.map { _ in nil }
            gradients[0] = dy.tensor(outputs[0].shape)
            let dx = withExtendedLifetime(dy) { executor.backward(gradients)[0]?.toArray() ?? [] }
            return (y + dx + executor.store.gradients.buffer, executor.memory.activations)
        }
    }

    @Test(
        arguments: [Activation.none, .relu, .relu6, .hardSwish],
        [(1, 3), (2, 3), (1, 5), (2, 5)]
    )
    func changesNothingButRounding(_ activation: Activation, _ window: (Int, Int)) {
        for (channels, slices) in [(96, 1), (40, 1), (96, 3)] {
            func graph(apart: Bool) -> Graph {
                Self.block(
                    activation,
                    stride: window.0,
                    kernel: window.1,
                    channels: channels,
                    apart: apart
                )
            }
            let (own, apart) = (
                Self.run(graph(apart: false), slices: slices),
                Self.run(graph(apart: true), slices: slices)
            )
            #expect(own.values.count == apart.values.count && own.values.allSatisfy(\.isFinite))
            let scale = apart.values.reduce(0) { max($0, abs($1)) }
            #expect(scale > 1)
            // An element at the kink of its activation may fall to either side.
            let far = zip(own.values, apart.values).count { abs($0 - $1) > 2e-5 * scale }
            #expect(far == 0, "\(far) of \(own.values.count)")
            #expect(own.memory * 4 < apart.memory * 3)
            for threads in [1, 3] {
                #expect(
                    Self.run(graph(apart: false), slices: slices, threads: threads).values
                        == own.values
                )
            }
        }
    }

    /// A slice has the bits that it has alone, whatever passes it shares.
    @Test func slicesAreAsIfAlone() {
        let graph = Self.block(.relu6, stride: 1, kernel: 3, channels: 96, apart: false)
        let shape = Self.photos
        let x = SharedValues.photos(shape)
        func gradient(_ images: Range<Int>, of batch: Int, empty: Bool) -> [Float] {
            let options = CompilationOptions(
                .training,
                slices: shape.N / batch,
                pool: ThreadPool(threads: 2)
            )
            let executor = Executor(graph, inputs: [shape], options)
            executor.store.initialize(seed: 5)
            let slice = TrainingContext.Slice(images: 0..<images.count, statisticsWeight: 1)
            let none = TrainingContext.Slice(
                images: images.count..<images.count,
                statisticsWeight: 0
            )
            let context = TrainingContext(
                seed: 1,
                step: 0,
                firstPosition: 0,
                slices: empty ? [slice, none] : [slice]
            )
            return withExtendedLifetime((executor, x)) {
                let own = x.tensor(shape).images(images)
                let y = executor.forward([own], .training(context))[0]
                let dy = Storage(y.toArray())
                return withExtendedLifetime(dy) {
                    executor.backward([dy.tensor(y.shape)])
                    return Array(executor.store.gradients.buffer)
                }
            }
        }
        let alone = gradient(4..<8, of: 4, empty: false)
        #expect(alone.contains { $0 != 0 } && alone.allSatisfy(\.isFinite))
        #expect(gradient(4..<8, of: 4, empty: true) == alone)
    }
}
