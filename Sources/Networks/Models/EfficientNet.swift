import Tensors

/// EfficientNet (Tan and Le, 2019) as torchvision has it.
///
/// Blocks are those of MobileNetV2 with squeeze and excitation; they are skipped at random in training, later ones
/// more often (Huang et al., 2016).
struct EfficientNet {
    /// A row of the paper's table 1, which EfficientNet-Lite has too.
    struct Stage {
        /// The factor by which a block widens the channels.
        let factor: Int
        /// Side of the depthwise filters.
        let kernel: Int
        /// Stride of the first block.
        let stride: Int
        /// Channels of each block.
        let channels: Int
        /// Blocks one after the other.
        let blocks: Int

        init(_ factor: Int, _ kernel: Int, _ stride: Int, _ channels: Int, _ blocks: Int) {
            (self.factor, self.kernel, self.stride) = (factor, kernel, stride)
            (self.channels, self.blocks) = (channels, blocks)
        }
    }

    static let stages = [
        Stage(1, 3, 1, 16, 1), Stage(6, 3, 2, 24, 2), Stage(6, 5, 2, 40, 2), Stage(6, 3, 2, 80, 3),
        Stage(6, 5, 1, 112, 3), Stage(6, 5, 2, 192, 4), Stage(6, 3, 1, 320, 1),
    ]

    /// [N, S, S, 3] → [N, 1, 1, classes].
    fileprivate static func b0(_ options: NetworkOptions) -> Graph {
        var graph = Graph()
        var x = graph.normedConvolution(
            graph.input,
            "features.0",
            32,
            kernel: 3,
            stride: 2,
            .silu
        )
        var (number, width) = (0, 32)
        let total = stages.reduce(0) { $0 + $1.blocks }
        for (index, stage) in stages.enumerated() {
            for block in 0..<stage.blocks {
                let name = "features.\(index + 1).\(block)"
                let stride = block == 0 ? stage.stride : 1
                var y = branch(x, name + ".block", stage, from: width, stride: stride, &graph)
                if stride == 1, width == stage.channels {
                    let rate = options.stochasticDepth * Double(number) / Double(total)
                    y = graph.stochasticDepth(y, name + ".stochastic_depth", rate: rate)
                    y = graph.add(y, x, name + ".add")
                }
                (x, number, width) = (y, number + 1, stage.channels)
            }
        }
        x = graph.normedConvolution(x, "features.\(stages.count + 1)", 4 * width, .silu)
        graph.output(
            "logits",
            graph.pooledClassifier(x, "classifier.1", options, rule: .uniformFanOut)
        )
        return graph
    }

    /// A block but for its shortcut.
    private static func branch(
        _ x: Graph.Value,
        _ name: String,
        _ stage: Stage,
        from width: Int,
        stride: Int,
        _ graph: inout Graph
    ) -> Graph.Value {
        let expanded = stage.factor * width
        var (y, layer) = (x, 0)
        if stage.factor > 1 {
            y = graph.normedConvolution(y, name + ".0", expanded, .silu)
            layer = 1
        }
        y = graph.normedDepthwise(
            y,
            name + ".\(layer)",
            expanded,
            kernel: stage.kernel,
            stride: stride,
            .silu
        )
        y = graph.squeezeAndExcitation(
            y,
            name + ".\(layer + 1)",
            channels: expanded,
            squeezed: width / 4,
            .silu,
            .sigmoid
        )
        return graph.normedConvolution(y, name + ".\(layer + 2)", stage.channels, .none)
    }
}

extension Architecture {
    /// EfficientNet-B0.
    public static let efficientnet_b0 = Architecture(
        "efficientnet_b0",
        dropout: 0.2,
        stochasticDepth: 0.2
    ) {
        EfficientNet.b0($0)
    }
}
