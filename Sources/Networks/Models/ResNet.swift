import Tensors

/// ResNet (He et al., 2016) as torchvision has it, and a small relative for small photos.
///
/// The stride of a bottleneck sits on its 3×3 convolution.
struct ResNet {
    /// Blocks in each of the four stages.
    private let blocks: [Int]
    /// Whether blocks are bottlenecks of three convolutions, not two 3×3.
    private let hasBottlenecks: Bool

    static let family: [Architecture] = [.resnet18, .resnet34, .resnet50, .resnet101]

    fileprivate static func network(_ name: String, _ blocks: [Int], bottlenecks: Bool)
        -> Architecture
    {
        Architecture(name) { classes, _ in
            ResNet(blocks: blocks, hasBottlenecks: bottlenecks).graph(classes)
        }
    }

    /// [N, S, S, 3] → [N, 1, 1, classes].
    private func graph(_ classes: Int) -> Graph {
        var graph = Graph()
        var x = graph.convolution(graph.input, "conv1", 64, kernel: 7, stride: 2, padding: 3)
        x = graph.relu(graph.batchNorm(x, "bn1"), "relu")
        x = graph.maxPool(x, "maxpool", kernel: 3, stride: 2, padding: 1)
        for (stage, count) in blocks.enumerated() {
            for block in 0..<count {
                let name = "layer\(stage + 1).\(block)"
                let stride = stage > 0 && block == 0 ? 2 : 1
                x =
                    hasBottlenecks
                    ? graph.bottleneck(x, name, 64 << stage, stride: stride, projects: block == 0)
                    : graph.basicBlock(x, name, 64 << stage, stride: stride)
            }
        }
        graph.output("logits", graph.pooledHead(x, classes, dropout: 0))
        return graph
    }
}

extension Architecture {
    /// ResNet of 18 layers.
    public static let resnet18 = ResNet.network("resnet18", [2, 2, 2, 2], bottlenecks: false)
    /// ResNet of 34 layers.
    public static let resnet34 = ResNet.network("resnet34", [3, 4, 6, 3], bottlenecks: false)
    /// ResNet of 50 layers, with bottlenecks.
    public static let resnet50 = ResNet.network("resnet50", [3, 4, 6, 3], bottlenecks: true)
    /// ResNet of 101 layers, with bottlenecks.
    public static let resnet101 = ResNet.network("resnet101", [3, 4, 23, 3], bottlenecks: true)

    /// A residual network of 16, 32, 64 and 128 channels that trains in seconds.
    ///
    /// It halves the photo in its first layer: 12 million multiply-adds for a photo of 64×64 pixels.
    public static let small = Architecture("small", dropout: 0) { classes, dropout in
        var graph = Graph()
        var x = graph.convolution(graph.input, "conv1", 16, kernel: 3, stride: 2, padding: 1)
        x = graph.relu(graph.batchNorm(x, "bn1"), "relu")
        for (stage, channels) in [32, 64, 128].enumerated() {
            x = graph.basicBlock(x, "layer\(stage + 1).0", channels, stride: 2)
        }
        graph.output("logits", graph.pooledHead(x, classes, dropout: dropout))
        return graph
    }
}

extension Graph {
    /// Two 3×3 convolutions; the shortcut is a 1×1 convolution where the size changes.
    fileprivate mutating func basicBlock(_ x: Value, _ name: String, _ channels: Int, stride: Int)
        -> Value
    {
        let shortcut = stride > 1 ? projection(x, name, channels, stride: stride) : x
        var y = convolution(x, name + ".conv1", channels, kernel: 3, stride: stride, padding: 1)
        y = relu(batchNorm(y, name + ".bn1"), name + ".relu1")
        y = convolution(y, name + ".conv2", channels, kernel: 3, padding: 1)
        y = batchNorm(y, name + ".bn2")
        return relu(add(y, shortcut, name + ".add"), name + ".relu2")
    }

    /// A 1×1 convolution to `width` channels, a 3×3 and a 1×1 to four times as many.
    ///
    /// - Parameter projects: whether the shortcut is a 1×1 convolution, as it must be where the
    ///   number of channels or the size changes.
    fileprivate mutating func bottleneck(
        _ x: Value,
        _ name: String,
        _ width: Int,
        stride: Int,
        projects: Bool
    ) -> Value {
        let shortcut = projects ? projection(x, name, 4 * width, stride: stride) : x
        var y = convolution(x, name + ".conv1", width, kernel: 1)
        y = relu(batchNorm(y, name + ".bn1"), name + ".relu1")
        y = convolution(y, name + ".conv2", width, kernel: 3, stride: stride, padding: 1)
        y = relu(batchNorm(y, name + ".bn2"), name + ".relu2")
        y = convolution(y, name + ".conv3", 4 * width, kernel: 1)
        y = batchNorm(y, name + ".bn3")
        return relu(add(y, shortcut, name + ".add"), name + ".relu3")
    }

    private mutating func projection(_ x: Value, _ name: String, _ channels: Int, stride: Int)
        -> Value
    {
        let y = convolution(x, name + ".downsample.0", channels, kernel: 1, stride: stride)
        return batchNorm(y, name + ".downsample.1")
    }

    fileprivate mutating func pooledHead(_ x: Value, _ classes: Int, dropout rate: Double) -> Value
    {
        let pooled = dropout(averagePool(x, "avgpool"), "dropout", rate: rate)
        return dense(pooled, "fc", classes, isHead: true)
    }
}
