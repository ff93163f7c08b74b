/// VGG (Simonyan and Zisserman, 2015) as torchvision has it: configurations A, B, D and E, with
/// an average pool to 7×7 before the classifier and optional batch norm.
struct VGG {
    /// Number of layers with weights.
    enum Depth {
        case eleven, thirteen, sixteen, nineteen

        /// Convolutions in each of the five stages.
        var convolutions: [Int] {
            switch self {
            case .eleven: [1, 1, 2, 2, 2]
            case .thirteen: [2, 2, 2, 2, 2]
            case .sixteen: [2, 2, 3, 3, 3]
            case .nineteen: [2, 2, 4, 4, 4]
            }
        }
    }

    /// torchvision's rate of dropout.
    static let dropout = 0.5

    private let depth: Depth
    private let batchNorm: Bool

    init(_ depth: Depth, batchNorm: Bool) {
        self.depth = depth
        self.batchNorm = batchNorm
    }

    /// All layers, with torchvision's initialisation and dropout of one half.
    func layers(classes: Int, dropout: Double?) -> Sequential {
        Sequential(
            features(rule: .kaimingFanOut)
                + [AdaptiveAveragePool("avgpool", size: 7)]
                + classifier(classes: classes, dropout: dropout ?? VGG.dropout, rule: .normal(0.01))
        )
    }

    /// The convolutions, [N, S, S, 3] → [N, S/32, S/32, 512].
    func features(rule: InitialisationRule) -> [any LayerDescription] {
        var layers: [any LayerDescription] = []
        // torchvision counts every layer, the ReLUs fused into batch norms too.
        var index = 0
        for (stage, count) in depth.convolutions.enumerated() {
            for _ in 0..<count {
                layers.append(
                    Convolution(
                        "features.\(index)",
                        channels: min(64 << stage, 512),
                        kernel: 3,
                        padding: 1,
                        bias: true,
                        rule: rule
                    )
                )
                if batchNorm {
                    layers.append(BatchNorm("features.\(index + 1)", relu: true))
                    index += 3
                } else {
                    layers.append(ReLU("features.\(index + 1)"))
                    index += 2
                }
            }
            layers.append(MaxPool("features.\(index)", kernel: 2, stride: 2))
            index += 1
        }
        return layers
    }

    /// The dense layers, [N, H, W, 512] → [N, 1, 1, classes].
    func classifier(
        classes: Int,
        dropout: Double,
        rule: InitialisationRule
    ) -> [any LayerDescription] {
        [
            Dense("classifier.0", outputs: 4096, rule: rule),
            ReLU("classifier.1"),
            Dropout("classifier.2", rate: Float(dropout)),
            Dense("classifier.3", outputs: 4096, rule: rule),
            ReLU("classifier.4"),
            Dropout("classifier.5", rate: Float(dropout)),
            Dense("classifier.6", outputs: classes, rule: rule, isHead: true),
        ]
    }
}
