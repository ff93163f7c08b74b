public import Tensors

/// How much each place of a network's last maps speaks for a class.
public struct ActivationMap: Codable, Sendable, Equatable {
    /// Rows of places.
    public let rows: Int
    /// Columns of places.
    public let columns: Int
    /// What each place adds to the logit of the class, row by row; negative = it speaks against it.
    public let values: [Float]

    /// Makes a map of its parts.
    public init(rows: Int, columns: Int, values: [Float]) {
        precondition(values.count == rows * columns, "a map has a value for each place")
        (self.rows, self.columns, self.values) = (rows, columns, values)
    }
}

/// Computes where a network with a global average pool looks.
///
/// The value of a place is Σ a · ∂logit/∂a over the channels, a being the maps that the pool averages. Where a linear
/// layer follows the pool, this is the class activation map (Zhou et al., 2016), and the values add up to the logit but
/// for its bias. Where more follows, as in MobileNetV3 and ConvNeXt, the gradient at the pool takes the place of the
/// layer's weights (Grad-CAM, Selvaraju et al., 2017): behind an average it is the same at all places, so that its mean
/// over them, which Grad-CAM takes, is the gradient itself. It is computed by the layers' own backward passes.
public final class ActivationMaps {
    private let trunk: Executor
    private let head: Executor
    /// The place of the logits among the head's outputs.
    private let logits: Int
    private let dlogits: Storage

    /// Takes a network, whose weights must stay as they are.
    ///
    /// - Throws: where it has no global average pool that all of the photo passes through.
    public convenience init(of model: Model) throws(NetworksError) {
        var description = model.description
        // The head is built as for training, in which nothing may be dropped here.
        (description.dropout, description.stochasticDepth) = (0, 0)
        guard
            let maps = ActivationMaps(
                description.graph,
                input: model.input,
                model.store,
                exact: model.isExact
            )
        else {
            throw .unfit(
                "\(description.architecture.rawValue) has no global average pool, in front of which could "
                    + "be seen where it looks; choose a network that has, such as resnet18"
            )
        }
        self.init(maps)
    }

    private init(_ other: ActivationMaps) {
        (trunk, head) = (other.trunk, other.head)
        (logits, dlogits) = (other.logits, other.dlogits)
    }

    /// The same of any graph with an output `logits`; nil where no such pool is there.
    ///
    /// - Parameters:
    ///   - input: shape of the photos.
    ///   - store: the values of the graph's parameters.
    package init?(_ graph: Graph, input: Shape, _ store: ParameterStore, exact: Bool = false) {
        let pool = graph.nodes.lastIndex {
            ($0.operation as? AdaptiveAveragePool)?.isGlobal ?? false
        }
        guard let pool, let maps = graph.crossing(pool), maps == graph.nodes[pool].inputs[0].index
        else { return nil }
        let trunk = Executor(
            graph.part(before: pool, giving: maps),
            inputs: [input.with(N: 1)],
            CompilationOptions(.evaluation, exact: exact, pool: store.pool),
            parameters: store.table,
            values: store.values
        )
        let behind = graph.part(behind: pool, reading: maps).keepingStatistics
        guard let logits = behind.outputs.firstIndex(where: { $0.name == "logits" }) else {
            return nil
        }
        let head = Executor(
            behind,
            inputs: trunk.outputs,
            inputGradients: true,
            CompilationOptions(.training, exact: exact, pool: store.pool)
        )
        for parameter in head.store.parameters {
            (head.store.values.base + parameter.range.lowerBound)
                .update(from: store.place(parameter.name).value, count: parameter.range.count)
        }
        (self.trunk, self.head, self.logits) = (trunk, head, logits)
        dlogits = Storage(count: head.outputs[logits].count)
    }

    /// Runs `body`, in which what derives from weights is made once.
    public func withConstantWeights<T>(_ body: () throws -> T) rethrows -> T {
        try trunk.withConstantWeights(body)
    }

    /// The map of one photo, [1, S, S, 3], for the class `label`.
    public func map(_ photo: Tensor, label: Int) -> ActivationMap {
        precondition(photo.shape.N == 1, "\(photo.shape.N) photos instead of one")
        let maps = trunk.forward([photo], .evaluation)[0]
        let context = TrainingContext(seed: 0, step: 0, firstPosition: 0, photos: 1)
        let outputs = head.forward([maps], .training(context))
        dlogits.buffer.update(repeating: 0)
        dlogits.base[label] = 1
        let dy = outputs.indices.map { $0 == logits ? dlogits.tensor(outputs[$0].shape) : nil }
        guard let gradient = head.backward(dy)[0] else {
            preconditionFailure("the head gives the gradient of its input")
        }
        let (H, W, C) = (maps.shape.H, maps.shape.W, maps.shape.C)
        let values = (0..<H * W).map { place in
            let (a, da) = (maps.base + place * C, gradient.base + place * C)
            return Float((0..<C).reduce(0.0) { $0 + Double(a[$1]) * Double(da[$1]) })
        }
        return ActivationMap(rows: H, columns: W, values: values)
    }
}
