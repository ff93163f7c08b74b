/// A network that this program knows, by name.
///
/// To add one, write its family in one file and put the family into `allCases`.
public struct Architecture: RawRepresentable, CaseIterable, Codable, Hashable, Sendable {
    /// torchvision's name, or timm's or ours where torchvision has none.
    public let rawValue: String
    /// The smallest side of a photo, in pixels, that leaves maps of at least one pixel.
    public let smallestImage: Int
    /// The photos that published weights of the network were trained on.
    public let published: PublishedPreprocessing
    /// The network's own rate of dropout; nil where it has no dropout.
    private let dropout: Double?
    /// The network's own rate of stochastic depth; nil where it has none.
    private let stochasticDepth: Double?
    private let build: @Sendable (NetworkOptions) -> Graph

    /// The networks of all families.
    public static var allCases: [Architecture] {
        [.small] + VGG.family + ResNet.family
            + [.mobilenet_v2, .mobilenet_v3_large, .efficientnet_b0] + EfficientNetLite.family
            + [.convnext_tiny, .tutorial]
    }

    /// Names a network.
    ///
    /// - Parameters:
    ///   - dropout: the network's own rate; nil where it has no dropout.
    ///   - stochasticDepth: the network's own rate, that of the last block; nil where it has none.
    ///   - published: the photos that published weights were trained on.
    ///   - build: makes the graph, whose output `logits` has as many channels as there are classes.
    init(
        _ name: String,
        smallestImage: Int = 32,
        dropout: Double? = nil,
        stochasticDepth: Double? = nil,
        published: PublishedPreprocessing = .imageNet(),
        build: @escaping @Sendable (NetworkOptions) -> Graph
    ) {
        rawValue = name
        self.smallestImage = smallestImage
        self.dropout = dropout
        self.stochasticDepth = stochasticDepth
        self.published = published
        self.build = build
    }

    /// The network of that name.
    public init?(rawValue: String) {
        guard let known = Architecture.allCases.first(where: { $0.rawValue == rawValue }) else {
            return nil
        }
        self = known
    }

    /// The rate of dropout that the network has; 0 where it has none.
    ///
    /// - Parameter asked: the rate that is asked for; nil = the network's own.
    public func dropout(asked: Double?) -> Double { dropout.map { asked ?? $0 } ?? 0 }

    /// The rate of stochastic depth that the network has; 0 where it has none.
    ///
    /// - Parameter asked: the rate that is asked for; nil = the network's own.
    public func stochasticDepth(asked: Double?) -> Double {
        stochasticDepth.map { asked ?? $0 } ?? 0
    }

    /// The network for `classes` classes.
    ///
    /// - Parameters:
    ///   - dropout: the rate where the network has dropout; nil = the network's own.
    ///   - stochasticDepth: the last block's rate where the network has stochastic depth; nil = the
    ///     network's own.
    public func graph(classes: Int, dropout: Double? = nil, stochasticDepth: Double? = nil) -> Graph
    {
        build(
            NetworkOptions(
                classes: classes,
                dropout: self.dropout(asked: dropout),
                stochasticDepth: self.stochasticDepth(asked: stochasticDepth)
            )
        )
    }

    /// Whether both have one name.
    public static func == (a: Architecture, b: Architecture) -> Bool { a.rawValue == b.rawValue }

    /// Hashes the name.
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// What a network is built for.
struct NetworkOptions: Sendable {
    /// Number of classes.
    let classes: Int
    /// The rate of dropout; 0 where the network has none.
    let dropout: Double
    /// The rate of stochastic depth of the last block; 0 where the network has none.
    let stochasticDepth: Double
}

/// The photos that published weights were trained on, for those who start from them.
public struct PublishedPreprocessing: Sendable, Equatable {
    /// Subtracted from red, green and blue in [0, 1].
    public let mean: SIMD3<Float>
    /// Divided by then.
    public let deviation: SIMD3<Float>
    /// Side of the square photos in pixels.
    public let imageSize: Int
    /// The short side in pixels from whose centre a square is taken.
    public let resize: Int

    /// ImageNet's mean and deviation, of torchvision's weights and most of timm's.
    static func imageNet(_ imageSize: Int = 224, resize: Int = 256) -> PublishedPreprocessing {
        PublishedPreprocessing(
            mean: SIMD3(0.485, 0.456, 0.406),
            deviation: SIMD3(0.229, 0.224, 0.225),
            imageSize: imageSize,
            resize: resize
        )
    }
}
