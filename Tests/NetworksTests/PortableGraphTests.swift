import Networks
import Tensors
import TestSupport
import Testing

/// Networks in standard operators: what `scripts/check-onnx.sh` compares with other programs is whole and in order.
@Suite(.serialized) struct PortableGraphTests {
    private func model(_ architecture: Architecture, imageSize: Int = 64) -> Model {
        Model(
            ModelDescription(architecture: architecture, classes: 7, imageSize: imageSize),
            maximumBatch: 1,
            purpose: .evaluation,
            pool: ThreadPool(threads: 1)
        )
    }

    private func fill(_ store: ParameterStore) {
        for parameter in store.parameters {
            store.write(
                parameter,
                SharedValues.parameter(parameter.name, shape: parameter.shape)
            )
        }
    }

    private func numbers(_ constant: PortableGraph.Constant, _ store: ParameterStore) -> [Float] {
        var numbers: [Float] = []
        store.readPieces(constant) { numbers += $0 }
        return numbers
    }

    /// Operators read what is there, and all weights are read.
    private func expectOrder(_ graph: PortableGraph) {
        var known = Set(graph.inputs.map(\.name) + graph.constants.map(\.name))
        #expect(known.count == graph.inputs.count + graph.constants.count)
        for node in graph.nodes {
            for input in node.inputs { #expect(known.contains(input), "\(node.name): \(input)") }
            #expect(known.insert(node.output).inserted, "two write \(node.output)")
        }
        let read = Set(graph.nodes.flatMap(\.inputs))
        for constant in graph.constants { #expect(read.contains(constant.name)) }
        for output in graph.outputs { #expect(known.contains(output.name)) }
    }

    @Test(arguments: Architecture.allCases)
    func everyOperationOfEveryNetworkIsWritten(_ architecture: Architecture) {
        let model = model(architecture)
        let (folded, kept) = (model.portable(), model.portable(foldsNorms: false))
        for graph in [folded, kept] {
            expectOrder(graph)
            #expect(graph.inputs.map(\.name) == ["photos"])
            #expect(graph.inputs[0].extents == [3, 64, 64])
            #expect(graph.outputs.map(\.name) == ["logits"])
            #expect(graph.outputs[0].extents == [7])
        }
        func norms(_ graph: PortableGraph) -> Int {
            graph.nodes.count { $0.kind == "BatchNormalization" }
        }
        let all = model.store.batchNorms.count
        #expect(norms(kept) == all)
        // The tutorial's stands before all convolutions.
        #expect(norms(folded) == (architecture == .tutorial ? 1 : 0))
        let names = Set(kept.constants.map(\.name))
        for parameter in model.store.parameters {
            #expect(names.contains(parameter.name), "\(parameter.name) is lost")
        }
        // Four vectors of a norm become the bias of the convolution, which has one or not.
        let biases = Set(folded.constants.map(\.name)).subtracting(names)
        #expect(
            kept.constants.count - folded.constants.count + biases.count >= 4
                * (all - norms(folded))
        )
        #expect(
            folded.constants.reduce(0) { $0 + $1.count }
                <= kept.constants.reduce(0) { $0 + $1.count }
        )
    }

    @Test func weightsHavePyTorchsOrderAndExtents() throws {
        let model = model(.convnext_tiny)
        fill(model.store)
        let graph = model.portable()
        for constant in graph.constants {
            guard let parameter = model.store.parameters.first(where: { $0.name == constant.name })
            else { continue }
            #expect(
                numbers(constant, model.store) == model.store.read(parameter),
                "\(constant.name)"
            )
            // Linear layers at each pixel are convolutions.
            let isLinear =
                constant.name.contains(".block.3.") || constant.name.contains(".block.5.")
            let own = isLinear && parameter.shape.count == 2 ? [1, 1] : []
            #expect(constant.shape == parameter.shape + own, "\(constant.name)")
        }
    }

    @Test func foldedWeightsAreTimesTheNormsScale() throws {
        let model = model(.resnet18)
        fill(model.store)
        let store = model.store
        func values(_ name: String) throws -> [Float] {
            store.read(try #require(store.parameters.first { $0.name == name }))
        }
        let graph = model.portable()
        func constant(_ name: String) throws -> [Float] {
            numbers(try #require(graph.constants.first { $0.name == name }), store)
        }
        let (weights, folded) = (try values("conv1.weight"), try constant("conv1.weight"))
        let (gamma, beta) = (try values("bn1.weight"), try values("bn1.bias"))
        let (mean, variance) = (try values("bn1.running_mean"), try values("bn1.running_var"))
        let shift = try constant("conv1.bias")
        #expect(folded.count == weights.count && shift.count == 64)
        let row = weights.count / 64
        for output in 0..<64 {
            let scale = Double(gamma[output]) / (Double(variance[output]) + 1e-5).squareRoot()
            let expected = Double(beta[output]) - Double(mean[output]) * scale
            #expect(abs(Double(shift[output]) - expected) < 1e-6)
            for index in output * row..<(output + 1) * row {
                #expect(abs(Double(folded[index]) - scale * Double(weights[index])) < 1e-6)
            }
        }
    }

    @Test func shortcutsAndActivationsAreApart() throws {
        let graph = model(.resnet18).portable()
        func count(_ kind: String) -> Int { graph.nodes.count { $0.kind == kind } }
        #expect(count("Conv") == 20 && count("Relu") == 17 && count("Add") == 8)
        #expect(count("MaxPool") == 1 && count("GlobalAveragePool") == 1 && count("Gemm") == 1)
    }

    /// TensorFlow's padding is numbers, the odd pixel below and to the right.
    @Test func paddingIsWrittenOut() throws {
        let graph = model(.efficientnet_lite0, imageSize: 224).portable()
        let stem = try #require(graph.nodes.first)
        #expect(stem.attributes.contains(.init("pads", .integers([0, 0, 1, 1]))))
        let odd = model(.efficientnet_lite0, imageSize: 97).portable()
        #expect(odd.nodes[0].attributes.contains(.init("pads", .integers([1, 1, 1, 1]))))
    }

    @Test func poolsOfAllSizes() throws {
        func pool(_ imageSize: Int) -> [PortableGraph.Node] {
            model(.vgg11, imageSize: imageSize).portable().nodes
                .filter { $0.name.hasPrefix("avgpool") }
        }
        #expect(pool(224).isEmpty)
        #expect(pool(448).map(\.kind) == ["AveragePool"])
        #expect(pool(96).map(\.kind) == ["MatMul", "MatMul"])
        // 2×2 means of 25×25 pixels.
        let odd = model(.resnet50d, imageSize: 100).portable()
        let mean = try #require(odd.nodes.first { $0.kind == "AveragePool" })
        #expect(mean.attributes.contains(.init("pads", .integers([0, 0, 1, 1]))))
    }
}
