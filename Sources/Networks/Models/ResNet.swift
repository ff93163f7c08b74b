import Tensors

/// ResNet (He et al., 2016) and ResNeXt (Xie et al., 2017) as torchvision has them, ResNet-D (He et al.,
/// 2019) as timm has it, and a small relative for small photos.
///
/// The stride of a bottleneck sits on its 3×3 convolution.
struct ResNet {
    /// Blocks in each of the four stages.
    private let blocks: [Int]
    /// Whether blocks are bottlenecks of three convolutions, not two 3×3.
    private let hasBottlenecks: Bool
    /// Groups of a bottleneck's 3×3 convolution, and channels of each in the first stage.
    private var groups = 1, groupWidth = 64
    /// Whether the stem has three 3×3 convolutions and shortcuts halve their maps by averages.
    private var isD = false

    static let family: [Architecture] = [
        .resnet18, .resnet34, .resnet50, .resnet101, .resnet152, .resnext50_32x4d, .resnet18d,
        .resnet50d,
    ]

    fileprivate static func network(_ name: String, _ blocks: [Int], bottlenecks: Bool)
        -> Architecture
    {
        network(name, ResNet(blocks: blocks, hasBottlenecks: bottlenecks))
    }

    fileprivate static func next(_ name: String, _ blocks: [Int], groups: Int, width: Int)
        -> Architecture
    {
        var next = ResNet(blocks: blocks, hasBottlenecks: true)
        (next.groups, next.groupWidth) = (groups, width)
        return network(name, next)
    }

    fileprivate static func d(_ name: String, _ blocks: [Int], bottlenecks: Bool) -> Architecture {
        var d = ResNet(blocks: blocks, hasBottlenecks: bottlenecks)
        d.isD = true
        return network(name, d)
    }

    private static func network(_ name: String, _ resnet: ResNet) -> Architecture {
        Architecture(name) { resnet.graph($0.classes) }
    }

    /// [N, S, S, 3] → [N, 1, 1, classes].
    private func graph(_ classes: Int) -> Graph {
        var graph = Graph()
        var x = isD ? graph.deepStem(graph.input) : graph.stem(graph.input)
        x = graph.relu(graph.batchNorm(x, "bn1"), "relu")
        x = graph.maxPool(x, "maxpool", kernel: 3, stride: 2, padding: 1)
        for (stage, count) in blocks.enumerated() {
            for block in 0..<count {
                let name = "layer\(stage + 1).\(block)"
                let stride = stage > 0 && block == 0 ? 2 : 1
                let projects = block == 0 && (hasBottlenecks || stage > 0)
                let channels = (hasBottlenecks ? 256 : 64) << stage
                let shortcut =
                    projects ? projection(x, name, channels, stride: stride, &graph) : x
                let y =
                    hasBottlenecks
                    ? bottleneck(x, name, channels, stage: stage, stride: stride, &graph)
                    : graph.basicBranch(x, name, channels, stride: stride, startsAtZero: isD)
                x = graph.relu(graph.add(y, shortcut, name + ".add"), name + ".relu")
            }
        }
        graph.output("logits", graph.pooledHead(x, classes, dropout: 0))
        return graph
    }

    /// A 1×1 convolution to fewer channels, a 3×3 in groups and a 1×1 to `channels`.
    private func bottleneck(
        _ x: Graph.Value,
        _ name: String,
        _ channels: Int,
        stage: Int,
        stride: Int,
        _ graph: inout Graph
    ) -> Graph.Value {
        let width = groups * groupWidth << stage
        var y = graph.convolution(x, name + ".conv1", width, kernel: 1)
        y = graph.relu(graph.batchNorm(y, name + ".bn1"), name + ".relu1")
        y = graph.convolution(
            y,
            name + ".conv2",
            width,
            kernel: 3,
            stride: stride,
            padding: 1,
            groups: groups
        )
        y = graph.relu(graph.batchNorm(y, name + ".bn2"), name + ".relu2")
        y = graph.convolution(y, name + ".conv3", channels, kernel: 1)
        return graph.batchNorm(y, name + ".bn3", initialScale: isD ? 0 : 1)
    }

    /// The shortcut where the size changes: a 1×1 convolution, which in ResNet-D reads averages of 2×2 pixels
    /// instead of every second one.
    private func projection(
        _ x: Graph.Value,
        _ name: String,
        _ channels: Int,
        stride: Int,
        _ graph: inout Graph
    ) -> Graph.Value {
        guard isD else { return graph.projection(x, name, channels, stride: stride) }
        let name = name + ".downsample"
        let mean = stride > 1 ? graph.averagePool(x, name + ".0", kernel: stride) : x
        let y = graph.convolution(mean, name + ".1", channels, kernel: 1)
        return graph.batchNorm(y, name + ".2")
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
    /// ResNet of 152 layers, with bottlenecks.
    public static let resnet152 = ResNet.network("resnet152", [3, 8, 36, 3], bottlenecks: true)
    /// ResNeXt of 50 layers, whose 3×3 convolutions have 32 groups.
    public static let resnext50_32x4d = ResNet.next(
        "resnext50_32x4d",
        [3, 4, 6, 3],
        groups: 32,
        width: 4
    )
    /// ResNet-D of 18 layers.
    public static let resnet18d = ResNet.d("resnet18d", [2, 2, 2, 2], bottlenecks: false)
    /// ResNet-D of 50 layers, with bottlenecks.
    public static let resnet50d = ResNet.d("resnet50d", [3, 4, 6, 3], bottlenecks: true)

    /// A residual network of 16, 32, 64 and 128 channels that trains in seconds.
    ///
    /// It halves the photo in its first layer: 12 million multiply-adds for a photo of 64×64 pixels.
    public static let small = Architecture("small", dropout: 0) { options in
        var graph = Graph()
        var x = graph.convolution(graph.input, "conv1", 16, kernel: 3, stride: 2, padding: 1)
        x = graph.relu(graph.batchNorm(x, "bn1"), "relu")
        for (stage, channels) in [32, 64, 128].enumerated() {
            let name = "layer\(stage + 1).0"
            let shortcut = graph.projection(x, name, channels, stride: 2)
            let y = graph.basicBranch(x, name, channels, stride: 2)
            x = graph.relu(graph.add(y, shortcut, name + ".add"), name + ".relu")
        }
        graph.output("logits", graph.pooledHead(x, options.classes, dropout: options.dropout))
        return graph
    }
}

extension Graph {
    /// A 7×7 convolution, [N, S, S, 3] → [N, S/2, S/2, 64].
    fileprivate mutating func stem(_ x: Value) -> Value {
        convolution(x, "conv1", 64, kernel: 7, stride: 2, padding: 3)
    }

    /// Three 3×3 convolutions, [N, S, S, 3] → [N, S/2, S/2, 64].
    fileprivate mutating func deepStem(_ x: Value) -> Value {
        var y = convolution(x, "conv1.0", 32, kernel: 3, stride: 2, padding: 1)
        y = relu(batchNorm(y, "conv1.1"), "conv1.2")
        y = convolution(y, "conv1.3", 32, kernel: 3, padding: 1)
        y = relu(batchNorm(y, "conv1.4"), "conv1.5")
        return convolution(y, "conv1.6", 64, kernel: 3, padding: 1)
    }

    /// Two 3×3 convolutions.
    ///
    /// - Parameter startsAtZero: whether the block begins as its shortcut alone.
    fileprivate mutating func basicBranch(
        _ x: Value,
        _ name: String,
        _ channels: Int,
        stride: Int,
        startsAtZero: Bool = false
    ) -> Value {
        var y = convolution(x, name + ".conv1", channels, kernel: 3, stride: stride, padding: 1)
        y = relu(batchNorm(y, name + ".bn1"), name + ".relu1")
        y = convolution(y, name + ".conv2", channels, kernel: 3, padding: 1)
        return batchNorm(y, name + ".bn2", initialScale: startsAtZero ? 0 : 1)
    }

    fileprivate mutating func projection(_ x: Value, _ name: String, _ channels: Int, stride: Int)
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
