import Tensors

/// EfficientNet-Lite, Google's EfficientNets for small processors (tensorflow/tpu, 2020), as timm has them under the
/// names `tf_efficientnet_lite0` and so on.
///
/// Against EfficientNet: ReLU6, no squeeze and excitation, TensorFlow's padding and batch norm; stem, head, and the
/// numbers of blocks of the first and last stage are not scaled.
struct EfficientNetLite {
    /// Factors of the channels and of the blocks in each stage.
    private let width, depth: Double

    static let family: [Architecture] = [
        .efficientnet_lite0, .efficientnet_lite1, .efficientnet_lite2,
    ]

    private static let norm = BatchNorm(epsilon: 1e-3)

    fileprivate static func network(
        _ number: Int,
        width: Double,
        depth: Double,
        imageSize: Int,
        resize: Int,
        dropout: Double
    ) -> Architecture {
        Architecture(
            "efficientnet_lite\(number)",
            dropout: dropout,
            stochasticDepth: 0.2,
            published: PublishedPreprocessing(
                mean: SIMD3(repeating: 0.498),
                deviation: SIMD3(repeating: 0.502),
                imageSize: imageSize,
                resize: resize
            )
        ) {
            EfficientNetLite(width: width, depth: depth).graph($0)
        }
    }

    /// The stages with as many channels and blocks as the factors make of them.
    private var stages: [EfficientNet.Stage] {
        EfficientNet.stages.enumerated().map { index, stage in
            let isEnd = index == 0 || index == EfficientNet.stages.count - 1
            return EfficientNet.Stage(
                stage.factor,
                stage.kernel,
                stage.stride,
                channels(width * Double(stage.channels)),
                isEnd ? stage.blocks : Int((depth * Double(stage.blocks)).rounded(.up))
            )
        }
    }

    /// [N, S, S, 3] → [N, 1, 1, classes].
    private func graph(_ options: NetworkOptions) -> Graph {
        var graph = Graph()
        var x = graph.convolution(
            graph.input,
            "conv_stem",
            32,
            kernel: 3,
            stride: 2,
            padding: .same
        )
        x = graph.activation(graph.append("bn1", Self.norm, x), "act1", .relu6)
        var (number, channels) = (0, 32)
        let total = stages.reduce(0) { $0 + $1.blocks }
        for (index, stage) in stages.enumerated() {
            for block in 0..<stage.blocks {
                let name = "blocks.\(index).\(block)"
                let stride = block == 0 ? stage.stride : 1
                var y =
                    stage.factor > 1
                    ? graph.invertedResidual(x, name, stage, from: channels, stride: stride)
                    : graph.separable(x, name, stage, from: channels, stride: stride)
                if stride == 1, channels == stage.channels {
                    let rate = options.stochasticDepth * Double(number) / Double(total)
                    y = graph.stochasticDepth(y, name + ".drop_path", rate: rate)
                    y = graph.add(y, x, name + ".add")
                }
                (x, number, channels) = (y, number + 1, stage.channels)
            }
        }
        x = graph.convolution(x, "conv_head", 1280, kernel: 1)
        x = graph.activation(graph.append("bn2", Self.norm, x), "act2", .relu6)
        graph.output(
            "logits",
            graph.pooledClassifier(x, "classifier", options, rule: .uniformFanOut)
        )
        return graph
    }
}

extension Architecture {
    /// EfficientNet-Lite0.
    public static let efficientnet_lite0 = EfficientNetLite.network(
        0,
        width: 1,
        depth: 1,
        imageSize: 224,
        resize: 256,
        dropout: 0.2
    )
    /// EfficientNet-Lite1, deeper.
    public static let efficientnet_lite1 = EfficientNetLite.network(
        1,
        width: 1,
        depth: 1.1,
        imageSize: 240,
        resize: 272,
        dropout: 0.2
    )
    /// EfficientNet-Lite2, deeper and wider.
    public static let efficientnet_lite2 = EfficientNetLite.network(
        2,
        width: 1.1,
        depth: 1.2,
        imageSize: 260,
        resize: 292,
        dropout: 0.3
    )
}

extension Graph {
    /// A block that does not widen, but for its shortcut.
    fileprivate mutating func separable(
        _ x: Value,
        _ name: String,
        _ stage: EfficientNet.Stage,
        from channels: Int,
        stride: Int
    ) -> Value {
        let y = filtered(x, name, "bn1", channels, kernel: stage.kernel, stride: stride)
        return narrowed(y, name + ".conv_pw", name + ".bn2", stage.channels)
    }

    /// A block that widens, but for its shortcut.
    fileprivate mutating func invertedResidual(
        _ x: Value,
        _ name: String,
        _ stage: EfficientNet.Stage,
        from channels: Int,
        stride: Int
    ) -> Value {
        let expanded = stage.factor * channels
        var y = narrowed(x, name + ".conv_pw", name + ".bn1", expanded)
        y = activation(y, name + ".act1", .relu6)
        y = filtered(y, name, "bn2", expanded, kernel: stage.kernel, stride: stride)
        return narrowed(y, name + ".conv_pwl", name + ".bn3", stage.channels)
    }

    /// A filter for each channel, batch norm and ReLU6.
    private mutating func filtered(
        _ x: Value,
        _ name: String,
        _ norm: String,
        _ channels: Int,
        kernel: Int,
        stride: Int
    ) -> Value {
        let y = depthwise(
            x,
            name + ".conv_dw",
            channels,
            kernel: kernel,
            stride: stride,
            padding: .same,
            rule: .kaimingFanIn
        )
        return activation(
            batchNorm(y, name + "." + norm, epsilon: 1e-3),
            name + ".act_dw",
            .relu6
        )
    }

    /// A pointwise convolution and a batch norm.
    private mutating func narrowed(_ x: Value, _ name: String, _ norm: String, _ channels: Int)
        -> Value
    {
        batchNorm(convolution(x, name, channels, kernel: 1), norm, epsilon: 1e-3)
    }
}
