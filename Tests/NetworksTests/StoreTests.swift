import Networks
import Tensors
import Testing

/// The flat buffer: starts, orders, segments.
@Suite struct StoreTests {
    static func executor(
        _ input: Shape,
        _ build: (inout Graph, Graph.Value) -> Graph.Value
    ) -> Executor {
        var graph = Graph()
        graph.output("y", build(&graph, graph.input))
        let options = CompilationOptions(.training, pool: ThreadPool(threads: 2))
        return Executor(graph, inputs: [input], options)
    }

    static func parameter(_ store: ParameterStore, _ name: String) throws -> Parameter {
        try #require(store.parameters.first { $0.name == name })
    }

    static func moments(_ store: ParameterStore, _ name: String) throws -> (Double, Double, Float) {
        let values = store.values.slice(try parameter(store, name).range)
        let mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
        let square = values.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(values.count)
        return (mean, square.squareRoot(), values.reduce(0) { max($0, abs($1)) })
    }

    @Test func starts() throws {
        let store = Self.executor(Shape(N: 1, H: 9, W: 9, C: 32)) { graph, x in
            var x = graph.convolution(x, "kaiming", 64, kernel: 3, bias: true)
            x = graph.relu(graph.batchNorm(x, "norm"), "relu")
            x = graph.convolution(x, "glorot", 96, kernel: 3, bias: true, rule: .glorotUniform)
            x = graph.dense(x, "normal", 100, rule: .normal(0.01))
            return graph.dense(x, "uniform", 400, rule: .uniformFanIn)
        }
        .store
        store.initialize(seed: 5)

        let kaiming = try Self.moments(store, "kaiming.weight")
        let deviation = (2.0 / (9 * 64)).squareRoot()
        #expect(abs(kaiming.0) < 0.02 * deviation)
        #expect(abs(kaiming.1 - deviation) < 0.02 * deviation)
        #expect(Double(kaiming.2) > 3.5 * deviation)

        let glorot = try Self.moments(store, "glorot.weight")
        let limit = (6.0 / Double(9 * 64 + 9 * 96)).squareRoot()
        #expect(abs(glorot.0) < 0.02 * limit)
        #expect(abs(glorot.1 - limit / 3.0.squareRoot()) < 0.02 * limit)
        #expect(Double(glorot.2) <= limit && Double(glorot.2) > 0.99 * limit)

        let normal = try Self.moments(store, "normal.weight")
        #expect(abs(normal.1 - 0.01) < 2e-4)

        let uniform = try Self.moments(store, "uniform.weight")
        #expect(uniform.2 <= 0.1 && uniform.2 > 0.099)
        let bias = try Self.moments(store, "uniform.bias")
        #expect(bias.2 <= 0.1 && bias.2 > 0.09)

        for name in [
            "kaiming.bias", "glorot.bias", "normal.bias", "norm.bias", "norm.running_mean",
        ] {
            #expect(try Self.moments(store, name) == (0, 0, 0))
        }
        for name in ["norm.weight", "norm.running_var"] {
            #expect(try Self.moments(store, name) == (1, 1, 1))
        }
    }

    @Test func startsDependOnSeedAndNameAlone() throws {
        let input = Shape(N: 1, H: 8, W: 8, C: 40)
        func values(_ seed: UInt64, _ threads: Int, other: Bool = false) throws -> [Float] {
            var graph = Graph()
            var x = graph.input
            if other { x = graph.convolution(x, "other", 40, kernel: 1, bias: true) }
            graph.output("y", graph.convolution(x, "c", 300, kernel: 3, padding: 1))
            let options = CompilationOptions(.evaluation, pool: ThreadPool(threads: threads))
            let store = Executor(graph, inputs: [input], options).store
            store.initialize(seed: seed)
            return store.read(try Self.parameter(store, "c.weight"))
        }
        let plain = try values(1, 1)
        #expect(try values(1, 3) == plain)
        #expect(try values(1, 2, other: true) == plain)
        #expect(try values(2, 1) != plain)
        #expect(Set(plain).count > plain.count / 2)
    }

    /// PyTorch's element (o, i, kh, kw) of a convolution, and (o, c, h, w) of a dense layer on
    /// maps, found in memory by their meaning.
    @Test func ordersOfElements() throws {
        let store = Self.executor(Shape(N: 1, H: 5, W: 3, C: 2)) { graph, x in
            graph.dense(graph.dense(graph.conv(x, "c", 4), "d", 6), "e", 2)
        }
        .store
        for index in 0..<store.count { store.values.base[index] = Float(index) }
        let c = try Self.parameter(store, "c.weight")
        #expect(c.shape == [4, 2, 3, 3])
        let torch = store.read(c)
        for (o, i, h, w) in [(0, 0, 0, 0), (1, 1, 0, 2), (3, 0, 2, 1), (3, 1, 2, 2)] {
            let memory = c.range.lowerBound + ((o * 3 + h) * 3 + w) * 2 + i
            #expect(torch[((o * 2 + i) * 3 + h) * 3 + w] == Float(memory))
        }
        let d = try Self.parameter(store, "d.weight")
        #expect(d.shape == [6, 60])
        let dense = store.read(d)
        for (o, c, h, w) in [(0, 0, 0, 0), (2, 3, 4, 1), (5, 1, 0, 2)] {
            let memory = d.range.lowerBound + o * 60 + (h * 3 + w) * 4 + c
            #expect(dense[o * 60 + (c * 5 + h) * 3 + w] == Float(memory))
        }
        // Vectors and dense layers on vectors have one order.
        let e = try Self.parameter(store, "e.weight")
        #expect(store.read(e) == e.range.map(Float.init))

        // What is read and written again is the same, also in another buffer.
        let other = Storage(count: store.count)
        for parameter in store.parameters {
            store.write(parameter, store.read(parameter), to: other.base)
        }
        #expect(Array(other.buffer) == Array(store.values.buffer))
        for parameter in store.parameters {
            #expect(store.read(parameter, from: other.base) == store.read(parameter))
        }
    }

    @Test func weightDecayIsForWeights() throws {
        let store = Self.executor(Shape(N: 1, H: 2, W: 2, C: 3)) { graph, x in
            var x = graph.convolution(x, "c", 2, kernel: 1, bias: true)
            x = graph.relu(graph.batchNorm(x, "n"), "r")
            return graph.dense(graph.convolution(x, "d", 2, kernel: 1), "e", 3)
        }
        .store
        // c 6 + 2, n 2 + 2, d 4, e 24 + 3; then the statistics of n.
        #expect(store.trainable == 0..<43)
        #expect(store.count == 47)
        func segments(_ range: Range<Int>) -> [String] {
            store.decaySegments(in: range).map { "\($0.range) \($0.decays)" }
        }
        #expect(
            segments(0..<47)
                == ["0..<6 true", "6..<12 false", "12..<40 true", "40..<43 false"]
        )
        #expect(segments(7..<13) == ["7..<12 false", "12..<13 true"])
        #expect(segments(6..<12) == ["6..<12 false"])
        #expect(segments(43..<47) == [])
        #expect(segments(9..<9) == [])
        #expect(store.batchNorms == ["n"])
        let statistics = store.parameters.filter { !$0.isTrainable }
        #expect(statistics.map(\.kind) == [.statistic(momentum: 0.1), .statistic(momentum: 0.1)])
        #expect(statistics.map(\.range) == [43..<45, 45..<47])
    }
}
