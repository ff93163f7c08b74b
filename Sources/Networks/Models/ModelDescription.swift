public import Tensors

/// Which network, for how many classes and what photos.
public struct ModelDescription: Codable, Sendable, Equatable {
    /// The network.
    public var architecture: Architecture
    /// Number of classes.
    public var classes: Int
    /// Side of the square photos in pixels.
    public var imageSize: Int
    /// Dropout rate where the network has dropout; nil = the network's own.
    public var dropout: Double?
    /// The last block's rate of stochastic depth where the network has it; nil = the network's own.
    public var stochasticDepth: Double?

    /// Describes a network.
    public init(
        architecture: Architecture,
        classes: Int,
        imageSize: Int,
        dropout: Double? = nil,
        stochasticDepth: Double? = nil
    ) {
        self.architecture = architecture
        self.classes = classes
        self.imageSize = imageSize
        self.dropout = dropout
        self.stochasticDepth = stochasticDepth
    }

    /// Throws where no network can be built from this.
    public func check() throws(NetworksError) {
        guard classes >= 1 else {
            throw .unfit("a network for \(classes) classes; give photos of at least one class")
        }
        guard imageSize >= architecture.smallestImage else {
            throw .unfit(
                "photos of \(imageSize) pixels are too small for \(architecture.rawValue); "
                    + "give at least \(architecture.smallestImage)"
            )
        }
        for (name, rate) in [("dropout", dropout), ("stochastic depth", stochasticDepth)] {
            guard let rate, !(0..<1).contains(rate) else { continue }
            throw .unfit("a \(name) of \(rate); give a rate from 0 to below 1")
        }
    }

    /// The network as a list.
    var graph: Graph {
        architecture.graph(classes: classes, dropout: dropout, stochasticDepth: stochasticDepth)
    }

    /// The photos of a batch of `N`.
    func input(_ N: Int) -> Shape { Shape(N: N, H: imageSize, W: imageSize, C: 3) }

    /// The network's parameters, without making room for them.
    public func parameterTable() -> ParameterTable { ParameterTable(graph, [input(1)]) }

    /// Floats of the network's parameters and running statistics.
    public var valueCount: Int { parameterTable().count }

    /// The network's layers, without making room for them.
    ///
    /// - Parameter pool: the threads that algorithms are chosen for.
    public func summary(pool: ThreadPool) -> ModelSummary {
        ModelSummary(graph, inputs: [input(1)], pool: pool)
    }
}

/// What can be wrong with a network that a file or a user asked for.
public enum NetworksError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The description cannot be built; says why and what would do.
    case unfit(String)

    /// The message, one line.
    public var description: String {
        switch self {
        case .unfit(let message): message
        }
    }
}
