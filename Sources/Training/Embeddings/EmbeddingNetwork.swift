import Files
import Foundation
import Images
public import Networks
import Tensors

/// What embeddings were made by: only those of the same network, which saw photos prepared alike, can be compared.
public struct EmbeddingNetwork: Codable, Sendable, Equatable {
    /// Tells apart the weights before the head and the preparation of photos, by their content: 32 hex digits.
    public var hash: String
    /// The network.
    public var architecture: Architecture
    /// Side of the square photos in pixels.
    public var imageSize: Int
    /// Floats of an embedding.
    public var width: Int

    /// Puts together what is known.
    public init(hash: String, architecture: Architecture, imageSize: Int, width: Int) {
        self.hash = hash
        self.architecture = architecture
        self.imageSize = imageSize
        self.width = width
    }

    /// The network of a trunk.
    ///
    /// - Parameters:
    ///   - trunk: a `NetworkPart.trunk` with its weights.
    ///   - plans: the way from photo to input, of which only evaluation counts.
    public init(_ trunk: Model, _ plans: PhotoPlans) {
        var plans = plans
        plans.augmentation = .none
        let settings = (try? plans.jsonLine()).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let frozen = trunk.store.values.slice(0..<trunk.store.live.lowerBound)
        let weights = ContentHash(UnsafeRawBufferPointer(frozen))
        let model = trunk.description
        let lines = ["embeddings 1", model.architecture.rawValue, weights.text, settings]
        hash = ContentHash(lines.joined(separator: "\n")).text
        architecture = model.architecture
        imageSize = model.imageSize
        width = trunk.output.perImage
    }

    /// In words: `efficientnet_lite0 at 224 px (1a2b3c4d…)`.
    public var text: String { "\(architecture.rawValue) at \(imageSize) px (\(hash.prefix(8))…)" }

    /// Throws where `other` is another network than this.
    ///
    /// - Parameters:
    ///   - path: where the embeddings of `other` are, for the message.
    ///   - own: what this network is the one of, as `runs/RUN`.
    public func require(_ other: EmbeddingNetwork, of path: String, own: String) throws {
        guard other.hash != hash else { return }
        throw TrainingError.data(
            "\(path.shown) holds embeddings by \(other.text), \(own.shown) is \(text); "
                + "make embeddings of both with the same weights, --image-size and --preprocessing"
        )
    }
}
