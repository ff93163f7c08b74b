public import Images
public import Networks
public import TensorFiles

/// A trained network as a model of ONNX, with what a program must know to use it on photos.
public struct ONNXExport {
    /// The model but for its weights.
    public let description: ONNXModel
    private let graph: PortableGraph
    private let store: ParameterStore

    /// Takes a network and its weights as they are now, which must stay until it is written.
    ///
    /// - Parameters:
    ///   - foldsNorms: whether a batch norm becomes a part of the convolution before it.
    ///   - classes: landmarks in the order of the logits; nil = they are not known.
    ///   - step: steps that it was trained for; nil = not known.
    ///   - version: this program's.
    public init(
        _ model: Model,
        foldsNorms: Bool,
        plans: PhotoPlans,
        classes: ClassIndex?,
        step: Int?,
        version: String
    ) throws {
        graph = model.portable(foldsNorms: foldsNorms)
        store = model.store
        var texts = try ExportTexts.shared(
            model.description,
            plans: plans,
            classes: classes,
            step: step
        )
        // What a file of weights need not say: how photos lie in memory.
        texts["channel_order"] = "RGB"
        texts["layout"] = "NCHW"
        texts["value_range"] = "[0, 1]"
        if plans.preprocessing == .crop { texts["crop_pct"] = String(plans.keptFraction) }
        description = ONNXModel(
            name: model.description.architecture.rawValue,
            producer: ("landmark-train", version),
            operatorSet: PortableGraph.operatorSet,
            nodes: graph.nodes.map(ONNXModel.Node.init),
            tensors: graph.constants.map { .init(name: $0.name, shape: $0.shape) },
            inputs: graph.inputs.map(ONNXModel.Port.init),
            outputs: graph.outputs.map(ONNXModel.Port.init),
            metadata: texts
        )
    }

    /// Writes the model to `path`, its weights beside it where one file would be longer than `limit`.
    ///
    /// - Returns: the files that were written, the model first.
    /// - Throws: `FileError` where that cannot be.
    @discardableResult
    public func write(to path: String, limit: Int = ONNXWriter.largestFile) throws -> [String] {
        let writer = try ONNXWriter(path: path, description, limit: limit)
        for constant in graph.constants {
            try writer.write { write in try store.readPieces(constant, write) }
        }
        try writer.finish()
        return writer.paths
    }
}

extension ONNXModel.Node {
    fileprivate init(_ node: PortableGraph.Node) {
        self.init(
            name: node.name,
            kind: node.kind,
            inputs: node.inputs,
            outputs: [node.output],
            attributes: node.attributes.map { attribute in
                switch attribute.setting {
                case .integer(let value): (attribute.name, .integer(value))
                case .integers(let values): (attribute.name, .integers(values))
                case .float(let value): (attribute.name, .float(value))
                }
            }
        )
    }
}

extension ONNXModel.Port {
    /// One with any number of images.
    fileprivate init(_ value: PortableGraph.Value) {
        self.init(name: value.name, shape: [.any("N")] + value.extents.map { .fixed($0) })
    }
}
