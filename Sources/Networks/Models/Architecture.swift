/// A network that this program knows, by name.
///
/// To add one, write its family in one file and put the family into `allCases`.
public struct Architecture: RawRepresentable, CaseIterable, Codable, Hashable, Sendable {
    /// torchvision's name, or ours where torchvision has none.
    public let rawValue: String
    /// The smallest side of a photo, in pixels, that leaves maps of at least one pixel.
    public let smallestImage: Int
    /// The network's own rate of dropout; nil where it has no dropout.
    private let dropout: Double?
    private let build: @Sendable (_ classes: Int, _ dropout: Double) -> Graph

    /// The networks of all families.
    public static var allCases: [Architecture] {
        [.small] + VGG.family + ResNet.family + [.tutorial]
    }

    /// Names a network.
    ///
    /// - Parameters:
    ///   - dropout: the network's own rate; nil where it has no dropout.
    ///   - build: makes the graph, whose output `logits` has as many channels as there are classes.
    init(
        _ name: String,
        smallestImage: Int = 32,
        dropout: Double? = nil,
        build: @escaping @Sendable (_ classes: Int, _ dropout: Double) -> Graph
    ) {
        rawValue = name
        self.smallestImage = smallestImage
        self.dropout = dropout
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

    /// The network for `classes` classes.
    ///
    /// - Parameter dropout: the rate where the network has dropout; nil = the network's own.
    public func graph(classes: Int, dropout: Double? = nil) -> Graph {
        build(classes, self.dropout(asked: dropout))
    }

    /// Whether both have one name.
    public static func == (a: Architecture, b: Architecture) -> Bool { a.rawValue == b.rawValue }

    /// Hashes the name.
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}
