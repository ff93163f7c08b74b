import Files
import Foundation
public import Images
public import Networks

/// What a checkpoint says about itself, besides its tensors.
///
/// It names no place, time or machine, so that equal runs write equal files.
public struct CheckpointMetadata: Codable, Sendable, Equatable {
    /// Version of this layout.
    public var format = 1
    /// The network.
    public var model: ModelDescription
    /// The way from photo to input.
    public var plans: PhotoPlans
    /// Landmark ids and names, in the order of the logits.
    public var classes: ClassIndex
    /// Photos of each class that were learned from.
    public var trainingCounts: [Int]
    /// What the run computes.
    public var configuration: TrainingConfiguration
    /// Steps done.
    public var step: Int
    /// Places of the epoch so far whose photo could not be read.
    public var badPhotos: Int
    /// The best evaluation of earlier weights; these are evaluated once they are kept, which
    /// `evaluations.jsonl` then tells.
    public var best: Best?

    /// Which step evaluated best.
    public struct Best: Codable, Sendable, Equatable {
        /// Steps done then.
        public var step: Int
        /// Share of held-out photos named rightly.
        public var top1: Double
    }

    /// Key of the description among the texts of a safetensors file.
    static let key = "landmark_train"
    /// The same of a file that holds the weights alone.
    static let exportKey = "landmark_train_export"

    /// The description as JSON with sorted keys.
    func encoded() throws -> [UInt8] { Array(try jsonLine(snakeCase: true)) }

    /// Reads what `encoded` gave, in this version or in one that had fewer settings.
    init(encoded bytes: some Collection<UInt8>) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(CheckpointMetadata.self, from: Data(bytes))
    }

    init(
        model: ModelDescription,
        plans: PhotoPlans,
        classes: ClassIndex,
        trainingCounts: [Int],
        configuration: TrainingConfiguration,
        step: Int,
        badPhotos: Int,
        best: Best?
    ) {
        self.model = model
        self.plans = plans
        self.classes = classes
        self.trainingCounts = trainingCounts
        self.configuration = configuration
        self.step = step
        self.badPhotos = badPhotos
        self.best = best
    }
}
