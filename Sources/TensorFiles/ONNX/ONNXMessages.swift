import Files

// The fields of ONNX's messages, by their numbers in the definition of the format
// (<https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>).

extension ONNXModel {
    /// The version of the format, which came with operator set 17: a reader of that set knows it.
    private static let formatVersion = 8

    /// The model's own fields but for the graph.
    var header: ProtobufMessage {
        var model = ProtobufMessage()
        model.add(1, integer: ONNXModel.formatVersion)
        model.add(2, text: producer.name)
        model.add(3, text: producer.version)
        var operators = ProtobufMessage()
        // The domain of standard operators is the empty text.
        operators.add(1, text: "")
        operators.add(2, integer: operatorSet)
        model.add(8, message: operators)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            model.add(14, message: ONNXModel.pair(key, value))
        }
        return model
    }

    /// The number of the graph among a model's fields.
    static let graphField = 7

    /// The graph's own fields but for its tensors.
    var graph: ProtobufMessage {
        var graph = ProtobufMessage()
        for node in nodes { graph.add(1, message: ONNXModel.message(node)) }
        graph.add(2, text: name)
        for port in inputs { graph.add(11, message: ONNXModel.message(port)) }
        for port in outputs { graph.add(12, message: ONNXModel.message(port)) }
        return graph
    }

    /// The number of tensors among a graph's fields.
    static let tensorField = 5

    /// A tensor but for its elements.
    ///
    /// - Parameter place: where the elements lie in another file; nil = they are the field `elementsField`, which
    ///   has to follow.
    static func message(_ tensor: Tensor, place: (file: String, offset: Int)?) -> ProtobufMessage {
        var message = ProtobufMessage()
        for extent in tensor.shape { message.add(1, integer: extent) }
        message.add(2, integer: floatType)
        message.add(8, text: tensor.name)
        guard let place else { return message }
        message.add(13, message: pair("location", place.file))
        message.add(13, message: pair("offset", String(place.offset)))
        message.add(13, message: pair("length", String(tensor.byteCount)))
        message.add(14, integer: 1)
        return message
    }

    /// The number of the elements among a tensor's fields.
    static let elementsField = 9
    private static let floatType = 1

    private static func message(_ node: Node) -> ProtobufMessage {
        var message = ProtobufMessage()
        for input in node.inputs { message.add(1, text: input) }
        for output in node.outputs { message.add(2, text: output) }
        message.add(3, text: node.name)
        message.add(4, text: node.kind)
        for (name, setting) in node.attributes {
            var attribute = ProtobufMessage()
            attribute.add(1, text: name)
            switch setting {
            case .float(let value):
                attribute.add(2, float: value)
                attribute.add(20, integer: 1)
            case .integer(let value):
                attribute.add(3, integer: value)
                attribute.add(20, integer: 2)
            case .integers(let values):
                for value in values { attribute.add(8, integer: value) }
                attribute.add(20, integer: 7)
            }
            message.add(5, message: attribute)
        }
        return message
    }

    private static func message(_ port: Port) -> ProtobufMessage {
        var shape = ProtobufMessage()
        for extent in port.shape {
            var dimension = ProtobufMessage()
            switch extent {
            case .fixed(let value): dimension.add(1, integer: value)
            case .any(let name): dimension.add(2, text: name)
            }
            shape.add(1, message: dimension)
        }
        var tensor = ProtobufMessage()
        tensor.add(1, integer: floatType)
        tensor.add(2, message: shape)
        var type = ProtobufMessage()
        type.add(1, message: tensor)
        var message = ProtobufMessage()
        message.add(1, text: port.name)
        message.add(2, message: type)
        return message
    }

    private static func pair(_ key: String, _ value: String) -> ProtobufMessage {
        var pair = ProtobufMessage()
        pair.add(1, text: key)
        pair.add(2, text: value)
        return pair
    }
}
