/// ResNet (He et al., 2016) as torchvision has it: the stride of a bottleneck sits on its 3×3
/// convolution.
struct ResNet {
    /// Number of layers with weights.
    enum Depth {
        case eighteen, thirtyFour, fifty, hundredOne

        /// Blocks in each of the four stages.
        var blocks: [Int] {
            switch self {
            case .eighteen: [2, 2, 2, 2]
            case .thirtyFour, .fifty: [3, 4, 6, 3]
            case .hundredOne: [3, 4, 23, 3]
            }
        }

        /// Whether blocks are bottlenecks of three convolutions.
        var hasBottlenecks: Bool {
            switch self {
            case .eighteen, .thirtyFour: false
            case .fifty, .hundredOne: true
            }
        }
    }

    private let depth: Depth

    init(_ depth: Depth) { self.depth = depth }

    /// All layers, [N, S, S, 3] → [N, 1, 1, classes].
    func layers(classes: Int) -> Sequential {
        var layers: [any LayerDescription] = [
            Convolution("conv1", channels: 64, kernel: 7, stride: 2, padding: 3, bias: false),
            BatchNorm("bn1", relu: true),
            MaxPool("maxpool", kernel: 3, stride: 2, padding: 1),
        ]
        for (stage, count) in depth.blocks.enumerated() {
            for block in 0..<count {
                layers.append(self.block(stage, block))
            }
        }
        layers.append(AdaptiveAveragePool("avgpool", size: 1))
        layers.append(Dense("fc", outputs: classes, rule: .uniformFanIn, isHead: true))
        return Sequential(layers)
    }

    private func block(_ stage: Int, _ block: Int) -> Residual {
        let name = "layer\(stage + 1).\(block)"
        let stride = stage > 0 && block == 0 ? 2 : 1
        return depth.hasBottlenecks
            ? .bottleneck(name, width: 64 << stage, stride: stride, projects: block == 0)
            : .basic(
                name,
                channels: 64 << stage,
                stride: stride,
                projects: stage > 0 && block == 0
            )
    }
}

extension Residual {
    /// Two 3×3 convolutions.
    ///
    /// - Parameter projects: whether the shortcut is a 1×1 convolution, as it must be where the
    ///   number of channels or the size changes.
    static func basic(_ name: String, channels: Int, stride: Int, projects: Bool) -> Residual {
        Residual(
            branch: [
                Convolution(
                    name + ".conv1",
                    channels: channels,
                    kernel: 3,
                    stride: stride,
                    padding: 1,
                    bias: false
                ),
                BatchNorm(name + ".bn1", relu: true),
                Convolution(
                    name + ".conv2",
                    channels: channels,
                    kernel: 3,
                    padding: 1,
                    bias: false
                ),
            ],
            join: BatchNorm(name + ".bn2", relu: true),
            shortcut: projects ? projection(name, channels: channels, stride: stride) : nil
        )
    }

    /// A 1×1 convolution to `width` channels, a 3×3 and a 1×1 to four times as many.
    static func bottleneck(_ name: String, width: Int, stride: Int, projects: Bool) -> Residual {
        Residual(
            branch: [
                Convolution(name + ".conv1", channels: width, kernel: 1, bias: false),
                BatchNorm(name + ".bn1", relu: true),
                Convolution(
                    name + ".conv2",
                    channels: width,
                    kernel: 3,
                    stride: stride,
                    padding: 1,
                    bias: false
                ),
                BatchNorm(name + ".bn2", relu: true),
                Convolution(name + ".conv3", channels: 4 * width, kernel: 1, bias: false),
            ],
            join: BatchNorm(name + ".bn3", relu: true),
            shortcut: projects ? projection(name, channels: 4 * width, stride: stride) : nil
        )
    }

    private static func projection(
        _ name: String,
        channels: Int,
        stride: Int
    ) -> [any LayerDescription] {
        [
            Convolution(
                name + ".downsample.0",
                channels: channels,
                kernel: 1,
                stride: stride,
                bias: false
            ),
            BatchNorm(name + ".downsample.1", relu: false),
        ]
    }
}
