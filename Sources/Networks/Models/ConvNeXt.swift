import Tensors

/// ConvNeXt (Liu et al., 2022) as torchvision has it.
///
/// A block filters each channel over 7×7 pixels, normalises over the channels, and passes each pixel through two
/// dense layers; its branch is scaled channel by channel, by almost nothing at the start, and skipped at random in
/// training, later ones more often.
struct ConvNeXt {
    /// Blocks and channels of the four stages.
    private let stages: [(blocks: Int, channels: Int)]

    fileprivate static func network(
        _ name: String,
        _ blocks: [Int],
        _ channels: [Int],
        stochasticDepth: Double,
        resize: Int
    ) -> Architecture {
        Architecture(
            name,
            stochasticDepth: stochasticDepth,
            published: .imageNet(resize: resize)
        ) {
            ConvNeXt(stages: Array(zip(blocks, channels)).map { ($0.0, $0.1) }).graph($0)
        }
    }

    /// [N, S, S, 3] → [N, 1, 1, classes].
    private func graph(_ options: NetworkOptions) -> Graph {
        var graph = Graph()
        var x = graph.input
        var (layer, number) = (0, 0)
        let last = stages.reduce(0) { $0 + $1.blocks } - 1
        for (blocks, channels) in stages {
            // Patches of 4×4 pixels, then of 2×2; the stem normalises behind its convolution, the others before.
            let name = "features.\(layer)"
            if layer == 0 {
                x = graph.patches(x, name + ".0", channels, side: 4)
                x = graph.layerNorm(x, name + ".1", epsilon: 1e-6)
            } else {
                x = graph.layerNorm(x, name + ".0", epsilon: 1e-6)
                x = graph.patches(x, name + ".1", channels, side: 2)
            }
            for block in 0..<blocks {
                let name = "features.\(layer + 1).\(block)"
                var y = graph.branch(x, name, channels)
                let rate = options.stochasticDepth * Double(number) / Double(last)
                y = graph.stochasticDepth(y, name + ".stochastic_depth", rate: rate)
                x = graph.add(y, x, name + ".add")
                number += 1
            }
            layer += 2
        }
        x = graph.averagePool(x, "avgpool")
        x = graph.layerNorm(x, "classifier.0", epsilon: 1e-6)
        x = graph.dense(x, "classifier.2", options.classes, rule: .normal(0.02), isHead: true)
        graph.output("logits", x)
        return graph
    }
}

extension Architecture {
    /// ConvNeXt-T.
    public static let convnext_tiny = ConvNeXt.network(
        "convnext_tiny",
        [3, 3, 9, 3],
        [96, 192, 384, 768],
        stochasticDepth: 0.1,
        resize: 236
    )
}

extension Graph {
    /// A convolution whose windows lie side by side.
    fileprivate mutating func patches(_ x: Value, _ name: String, _ channels: Int, side: Int)
        -> Value
    {
        convolution(
            x,
            name,
            channels,
            kernel: side,
            stride: side,
            bias: true,
            rule: .normal(0.02)
        )
    }

    /// A block but for its shortcut.
    fileprivate mutating func branch(_ x: Value, _ name: String, _ channels: Int) -> Value {
        var y = depthwise(
            x,
            name + ".block.0",
            channels,
            kernel: 7,
            padding: 3,
            bias: true,
            rule: .normal(0.02)
        )
        y = layerNorm(y, name + ".block.2", epsilon: 1e-6)
        y = linear(y, name + ".block.3", 4 * channels, rule: .normal(0.02))
        y = activation(y, name + ".block.4", .gelu)
        y = linear(y, name + ".block.5", channels, rule: .normal(0.02))
        return layerScale(y, name + ".layer_scale", initial: 1e-6)
    }
}
