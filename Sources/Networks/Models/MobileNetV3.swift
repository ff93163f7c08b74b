import Tensors

/// MobileNetV3 (Howard et al., 2019) as torchvision has it.
///
/// Blocks are those of MobileNetV2, some with squeeze and excitation, and hard-swish where maps are small.
struct MobileNetV3 {
    /// A row of the paper's table 1.
    private struct Block {
        let kernel: Int
        /// Channels between the two pointwise convolutions.
        let expanded: Int
        let channels: Int
        let squeezes: Bool
        let activation: Activation
        let stride: Int

        init(_ k: Int, _ exp: Int, _ out: Int, _ se: Bool, _ nl: Activation, _ s: Int) {
            (kernel, expanded, channels, squeezes, activation, stride) = (k, exp, out, se, nl, s)
        }
    }

    private static let large = [
        Block(3, 16, 16, false, .relu, 1),
        Block(3, 64, 24, false, .relu, 2),
        Block(3, 72, 24, false, .relu, 1),
        Block(5, 72, 40, true, .relu, 2),
        Block(5, 120, 40, true, .relu, 1),
        Block(5, 120, 40, true, .relu, 1),
        Block(3, 240, 80, false, .hardSwish, 2),
        Block(3, 200, 80, false, .hardSwish, 1),
        Block(3, 184, 80, false, .hardSwish, 1),
        Block(3, 184, 80, false, .hardSwish, 1),
        Block(3, 480, 112, true, .hardSwish, 1),
        Block(3, 672, 112, true, .hardSwish, 1),
        Block(5, 672, 160, true, .hardSwish, 2),
        Block(5, 960, 160, true, .hardSwish, 1),
        Block(5, 960, 160, true, .hardSwish, 1),
    ]
    private static let norm = BatchNorm(epsilon: 1e-3, momentum: 0.01)

    /// [N, S, S, 3] → [N, 1, 1, classes].
    fileprivate static func large(_ options: NetworkOptions) -> Graph {
        var graph = Graph()
        var x = graph.normedConvolution(
            graph.input,
            "features.0",
            16,
            kernel: 3,
            stride: 2,
            norm: norm,
            .hardSwish
        )
        var width = 16
        for (index, block) in large.enumerated() {
            let name = "features.\(index + 1)"
            let y = branch(x, name + ".block", block, from: width, &graph)
            let keepsShape = block.stride == 1 && width == block.channels
            x = keepsShape ? graph.add(y, x, name + ".add") : y
            width = block.channels
        }
        x = graph.normedConvolution(
            x,
            "features.\(large.count + 1)",
            6 * width,
            norm: norm,
            .hardSwish
        )
        x = graph.averagePool(x, "avgpool")
        x = graph.dense(x, "classifier.0", 1280, rule: .normal(0.01))
        x = graph.activation(x, "classifier.1", .hardSwish)
        x = graph.dropout(x, "classifier.2", rate: options.dropout)
        x = graph.dense(x, "classifier.3", options.classes, rule: .normal(0.01), isHead: true)
        graph.output("logits", x)
        return graph
    }

    /// A block but for its shortcut.
    private static func branch(
        _ x: Graph.Value,
        _ name: String,
        _ block: Block,
        from width: Int,
        _ graph: inout Graph
    ) -> Graph.Value {
        var (y, layer) = (x, 0)
        func next() -> String {
            defer { layer += 1 }
            return name + ".\(layer)"
        }
        if block.expanded != width {
            y = graph.normedConvolution(y, next(), block.expanded, norm: norm, block.activation)
        }
        y = graph.normedDepthwise(
            y,
            next(),
            block.expanded,
            kernel: block.kernel,
            stride: block.stride,
            norm: norm,
            block.activation
        )
        if block.squeezes {
            y = graph.squeezeAndExcitation(
                y,
                next(),
                channels: block.expanded,
                squeezed: Networks.channels(Double(block.expanded) / 4),
                .relu,
                .hardSigmoid
            )
        }
        return graph.normedConvolution(y, next(), block.channels, norm: norm, .none)
    }
}

extension Architecture {
    /// MobileNetV3, the large one.
    public static let mobilenet_v3_large = Architecture("mobilenet_v3_large", dropout: 0.2) {
        MobileNetV3.large($0)
    }
}
