import Tensors

/// VGG (Simonyan and Zisserman, 2015) as torchvision has it: configurations A, B, D and E, with
/// an average pool to 7×7 before the classifier and optional batch norm.
struct VGG {
    /// Convolutions in each of the five stages.
    private let convolutions: [Int]
    private let hasBatchNorm: Bool

    static let family: [Architecture] = [
        .vgg11, .vgg11_bn, .vgg13, .vgg13_bn, .vgg16, .vgg16_bn, .vgg19, .vgg19_bn,
    ]

    fileprivate static func network(_ name: String, _ convolutions: [Int], batchNorm: Bool)
        -> Architecture
    {
        Architecture(name, dropout: 0.5) { options in
            let vgg = VGG(convolutions: convolutions, hasBatchNorm: batchNorm)
            var graph = Graph()
            var x = vgg.features(graph.input, rule: .kaimingFanOut, &graph)
            x = graph.averagePool(x, "avgpool", size: 7)
            x = vgg.classifier(x, options, rule: .normal(0.01), &graph)
            graph.output("logits", x)
            return graph
        }
    }

    /// [N, S, S, 3] → [N, 1, 1, classes], as Keras has it.
    fileprivate static func tutorial(_ options: NetworkOptions) -> Graph {
        let vgg = VGG(convolutions: [2, 2, 4, 4, 4], hasBatchNorm: false)
        var graph = Graph()
        var x = graph.batchNorm(graph.input, "input", epsilon: 1e-3, momentum: 0.01)
        x = vgg.features(x, rule: .glorotUniform, &graph)
        x = vgg.classifier(x, options, rule: .glorotUniform, &graph)
        graph.output("logits", x)
        return graph
    }

    /// The convolutions, [N, S, S, 3] → [N, S/32, S/32, 512].
    private func features(_ x: Graph.Value, rule: InitialisationRule, _ graph: inout Graph)
        -> Graph.Value
    {
        var x = x
        // torchvision counts every layer, the ReLUs too.
        var layer = 0
        func next() -> String {
            defer { layer += 1 }
            return "features.\(layer)"
        }
        for (stage, count) in convolutions.enumerated() {
            for _ in 0..<count {
                let channels = min(64 << stage, 512)
                x = graph.convolution(
                    x,
                    next(),
                    channels,
                    kernel: 3,
                    padding: 1,
                    bias: true,
                    rule: rule
                )
                if hasBatchNorm { x = graph.batchNorm(x, next()) }
                x = graph.relu(x, next())
            }
            x = graph.maxPool(x, next(), kernel: 2, stride: 2)
        }
        return x
    }

    /// The dense layers, [N, H, W, 512] → [N, 1, 1, classes].
    private func classifier(
        _ x: Graph.Value,
        _ options: NetworkOptions,
        rule: InitialisationRule,
        _ graph: inout Graph
    ) -> Graph.Value {
        var x = x
        for first in [0, 3] {
            x = graph.dense(x, "classifier.\(first)", 4096, rule: rule)
            x = graph.relu(x, "classifier.\(first + 1)")
            x = graph.dropout(x, "classifier.\(first + 2)", rate: options.dropout)
        }
        return graph.dense(x, "classifier.6", options.classes, rule: rule, isHead: true)
    }
}

extension Architecture {
    /// VGG of 11 layers.
    public static let vgg11 = VGG.network("vgg11", [1, 1, 2, 2, 2], batchNorm: false)
    /// VGG of 11 layers with batch norm.
    public static let vgg11_bn = VGG.network("vgg11_bn", [1, 1, 2, 2, 2], batchNorm: true)
    /// VGG of 13 layers.
    public static let vgg13 = VGG.network("vgg13", [2, 2, 2, 2, 2], batchNorm: false)
    /// VGG of 13 layers with batch norm.
    public static let vgg13_bn = VGG.network("vgg13_bn", [2, 2, 2, 2, 2], batchNorm: true)
    /// VGG of 16 layers.
    public static let vgg16 = VGG.network("vgg16", [2, 2, 3, 3, 3], batchNorm: false)
    /// VGG of 16 layers with batch norm.
    public static let vgg16_bn = VGG.network("vgg16_bn", [2, 2, 3, 3, 3], batchNorm: true)
    /// VGG of 19 layers.
    public static let vgg19 = VGG.network("vgg19", [2, 2, 4, 4, 4], batchNorm: false)
    /// VGG of 19 layers with batch norm.
    public static let vgg19_bn = VGG.network("vgg19_bn", [2, 2, 4, 4, 4], batchNorm: true)

    /// Keras' VGG19 after a batch norm on the photos, as the tutorial has it: no average pool, so that the
    /// first dense layer grows with the photo, Glorot's initialisation, and no dropout of its own.
    ///
    /// Parameters have the names of torchvision's vgg19, those of the batch norm begin with
    /// `input`.
    public static let tutorial = Architecture("tutorial", dropout: 0) { options in
        VGG.tutorial(options)
    }
}
