import Tensors

/// MobileNetV2 (Sandler et al., 2018) as torchvision has it.
///
/// A block widens the channels, filters each alone, and narrows them again without an activation; the shortcut
/// joins the narrow ends.
struct MobileNetV2 {
    /// Table 2 of the paper: t, the factor by which a block widens; c, its channels; n, blocks one after the
    /// other; s, the stride of the first.
    private static let stages = [
        (t: 1, c: 16, n: 1, s: 1), (t: 6, c: 24, n: 2, s: 2), (t: 6, c: 32, n: 3, s: 2),
        (t: 6, c: 64, n: 4, s: 2), (t: 6, c: 96, n: 3, s: 1), (t: 6, c: 160, n: 3, s: 2),
        (t: 6, c: 320, n: 1, s: 1),
    ]

    /// [N, S, S, 3] → [N, 1, 1, classes].
    fileprivate static func graph(_ options: NetworkOptions) -> Graph {
        var graph = Graph()
        var x = graph.normedConvolution(
            graph.input,
            "features.0",
            32,
            kernel: 3,
            stride: 2,
            .relu6
        )
        var (number, width) = (1, 32)
        for (t, c, n, s) in stages {
            for block in 0..<n {
                let stride = block == 0 ? s : 1
                let y = graph.invertedResidual(
                    x,
                    "features.\(number).conv",
                    from: width,
                    times: t,
                    to: c,
                    stride: stride
                )
                let keepsShape = stride == 1 && width == c
                x = keepsShape ? graph.add(y, x, "features.\(number).add") : y
                (number, width) = (number + 1, c)
            }
        }
        x = graph.normedConvolution(x, "features.\(number)", 1280, .relu6)
        graph.output(
            "logits",
            graph.pooledClassifier(x, "classifier.1", options, rule: .normal(0.01))
        )
        return graph
    }
}

extension Architecture {
    /// MobileNetV2 of width 1.
    public static let mobilenet_v2 = Architecture("mobilenet_v2", dropout: 0.2) {
        MobileNetV2.graph($0)
    }
}

extension Graph {
    /// A block but for its shortcut, `width` → `channels`.
    fileprivate mutating func invertedResidual(
        _ x: Value,
        _ name: String,
        from width: Int,
        times factor: Int,
        to channels: Int,
        stride: Int
    ) -> Value {
        var (y, layer) = (x, 0)
        if factor > 1 {
            y = normedConvolution(y, name + ".0", factor * width, .relu6)
            layer = 1
        }
        y = normedDepthwise(
            y,
            name + ".\(layer)",
            factor * width,
            kernel: 3,
            stride: stride,
            .relu6
        )
        y = convolution(y, name + ".\(layer + 1)", channels, kernel: 1)
        return batchNorm(y, name + ".\(layer + 2)")
    }
}
