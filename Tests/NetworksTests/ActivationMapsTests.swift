import Networks
import Tensors
import TestSupport
import Testing

@Suite struct ActivationMapsTests {
    private let pool = ThreadPool(threads: 2)
    private let input = Shape(N: 1, H: 9, W: 7, C: 3)

    /// A graph for evaluation with numbers of a table as weights, and its output for a photo.
    private func run(_ graph: Graph, _ photo: Storage) -> (store: ParameterStore, logits: [Float]) {
        let executor = Executor(
            graph,
            inputs: [input],
            CompilationOptions(.evaluation, pool: pool)
        )
        for parameter in executor.store.parameters {
            executor.store.write(
                parameter,
                SharedValues.parameter(parameter.name, shape: parameter.shape)
            )
        }
        let outputs = executor.forward([photo.tensor(input)], .evaluation)
        return (executor.store, outputs[outputs.count - 1].toArray())
    }

    private func trunk(_ graph: inout Graph) -> Graph.Value {
        var x = graph.convolution(graph.input, "conv", 8, kernel: 3, stride: 2, padding: 1)
        x = graph.relu(graph.batchNorm(x, "bn"), "relu")
        return x
    }

    /// Zhou's map: the maps times the weights of the class.
    @Test func behindALinearLayerItIsTheClassActivationMap() throws {
        var graph = Graph()
        let x = trunk(&graph)
        let pooled = graph.dropout(graph.averagePool(x, "pool"), "dropout", rate: 0)
        graph.output("maps", x)
        graph.output("logits", graph.dense(pooled, "fc", 4, isHead: true))
        let photo = SharedValues.photos(input)
        let (store, logits) = run(graph, photo)
        // The maps are an output of their own, so they are run for themselves.
        var first = Graph()
        first.output("maps", trunk(&first))
        let maps = run(first, photo).logits
        var second = Graph()
        let y = trunk(&second)
        second.output("logits", second.dense(second.averagePool(y, "pool"), "fc", 4, isHead: true))
        let explained = try #require(ActivationMaps(second, input: input, store))
        let weights = store.read(try #require(store.parameters.first { $0.name == "fc.weight" }))
        let biases = store.read(try #require(store.parameters.first { $0.name == "fc.bias" }))
        for label in 0..<4 {
            let map = explained.map(photo.tensor(input), label: label)
            #expect(map.rows == 5 && map.columns == 4)
            for place in 0..<20 {
                let naive = (0..<8).reduce(0.0) {
                    $0 + Double(maps[place * 8 + $1]) * Double(weights[label * 8 + $1]) / 20
                }
                #expect(abs(Double(map.values[place]) - naive) < 1e-6)
            }
            let sum = map.values.reduce(0, +) + biases[label]
            #expect(abs(sum - logits[label]) < 1e-5)
        }
    }

    /// Behind other layers it is the gradient: a finite difference of the logit by the means.
    @Test func behindOtherLayersTheGradientWeighs() throws {
        func head(_ graph: inout Graph, _ pooled: Graph.Value) -> Graph.Value {
            var y = graph.layerNorm(pooled, "ln")
            y = graph.activation(graph.dense(y, "hidden", 6), "act", .hardSwish)
            return graph.dense(y, "fc", 4, isHead: true)
        }
        var graph = Graph()
        let x = trunk(&graph)
        graph.output("logits", head(&graph, graph.averagePool(x, "pool")))
        let photo = SharedValues.photos(input)
        let (store, _) = run(graph, photo)
        var first = Graph()
        first.output("maps", trunk(&first))
        let maps = run(first, photo).logits
        let means = (0..<8).map { c in
            (0..<20).reduce(Float(0)) { $0 + maps[$1 * 8 + c] } / 20
        }
        var behind = Graph()
        behind.output("logits", head(&behind, behind.input))
        let executor = Executor(
            behind,
            inputs: [Shape(N: 1, C: 8)],
            CompilationOptions(.evaluation, pool: pool)
        )
        for parameter in executor.store.parameters {
            executor.store.write(
                parameter,
                SharedValues.parameter(parameter.name, shape: parameter.shape)
            )
        }
        func logit(_ means: [Float]) -> Double {
            let storage = Storage(means)
            return withExtendedLifetime(storage) {
                Double(
                    executor.forward([storage.tensor(Shape(N: 1, C: 8))], .evaluation)[0].base[2]
                )
            }
        }
        let slopes = (0..<8).map { c in
            var (above, below) = (means, means)
            above[c] += 1e-2
            below[c] -= 1e-2
            return (logit(above) - logit(below)) / 2e-2
        }
        let explained = try #require(ActivationMaps(graph, input: input, store))
        let map = explained.map(photo.tensor(input), label: 2)
        for place in 0..<20 {
            let naive = (0..<8).reduce(0.0) {
                $0 + Double(maps[place * 8 + $1]) * slopes[$1] / 20
            }
            #expect(abs(Double(map.values[place]) - naive) < 1e-3)
        }
    }

    private func model(_ architecture: Architecture) -> Model {
        let model = Model(
            ModelDescription(architecture: architecture, classes: 5, imageSize: 64),
            maximumBatch: 1,
            purpose: .evaluation,
            pool: pool
        )
        for parameter in model.store.parameters {
            model.store.write(
                parameter,
                SharedValues.parameter(parameter.name, shape: parameter.shape)
            )
        }
        return model
    }

    /// Of networks whose pool a linear layer follows, places add up to the logit.
    @Test(arguments: [
        Architecture.small, .resnet18, .resnet50d, .mobilenet_v2, .efficientnet_b0,
        .efficientnet_lite0,
    ])
    func placesAddUpToTheLogit(_ architecture: Architecture) throws {
        let model = model(architecture)
        let photo = SharedValues.photos(model.input)
        let logits = model.forward(photo.tensor(model.input), .evaluation).toArray()
        let bias = try #require(model.store.parameters.last { $0.isHead })
        let biases = model.store.read(bias)
        let maps = try ActivationMaps(of: model)
        for label in [0, 3] {
            let sum = maps.map(photo.tensor(model.input), label: label).values.reduce(0, +)
            let largest = logits.map { abs($0) }.max() ?? 0
            #expect(abs(sum + biases[label] - logits[label]) < 1e-4 * max(1, largest))
        }
    }

    @Test(arguments: [Architecture.mobilenet_v3_large, .convnext_tiny])
    func networksWithMoreBehindThePoolHaveMaps(_ architecture: Architecture) throws {
        let model = model(architecture)
        let photo = SharedValues.photos(model.input)
        let map = try ActivationMaps(of: model).map(photo.tensor(model.input), label: 1)
        #expect(map.rows == 2 && map.columns == 2)
        #expect(map.values.allSatisfy { $0.isFinite && $0 != 0 })
    }

    @Test func networksWithoutAGlobalPoolAreRefused() {
        #expect {
            _ = try ActivationMaps(of: model(.vgg11_bn))
        } throws: {
            "\($0)".contains("vgg11_bn has no global average pool")
        }
    }
}
