import Distributed
import Foundation
import Images
import Networks
import Tensors
import Training

/// A trained network, the same on all ranks, ready to be asked.
struct LoadedNetwork {
    let model: Model
    let facts: Facts

    /// What is known of the network besides its weights.
    struct Facts: Codable {
        /// The checkpoint.
        var path: String
        /// The network.
        var description: ModelDescription
        /// The way from photo to input.
        var plans: PhotoPlans
        /// Landmarks in the order of the logits.
        var classes: ClassIndex
        /// Photos of each landmark that it was learned from; empty where that is not known.
        var trainingCounts: [Int]
        /// Steps that it was trained for.
        var step: Int
        /// Settings of the run; nil for a file that holds weights alone.
        var settings: TrainingConfiguration?
    }

    /// Reads the checkpoint on rank 0 and gives it to all ranks.
    ///
    /// - Parameter names: landmarks of a file that holds weights alone, in the order of the logits;
    ///   nil = they are numbered.
    init(_ choice: NetworkChoice, _ world: World, names: (() throws -> ClassIndex)? = nil) throws {
        var file: CheckpointFile?
        let facts = try world.fromRoot(Facts.self) {
            guard choice.batch > 0 else {
                throw TrainingError.usage("--batch is \(choice.batch); give at least 1")
            }
            let opened = try CheckpointFile(choice.checkpoint, latest: choice.latest)
            file = opened
            for remark in opened.remarks { Ending.say(remark) }
            return try LoadedNetwork.facts(opened, choice, names)
        }
        try world.together { try facts.description.check() }
        let values = try world.communicator.makeNodeStorage(
            count: Model.valueCount(facts.description, pool: world.pool)
        )
        let model = Model(
            facts.description,
            maximumBatch: choice.batch,
            purpose: .evaluation,
            pool: world.pool,
            exact: (choice.convolution ?? facts.settings?.convolution) == .exact,
            values: values.storage
        )
        _ = try world.together { try file?.load(into: model.store, average: true) }
        try world.communicator.broadcast(values)
        self.model = model
        self.facts = facts
    }

    private static func facts(
        _ file: CheckpointFile,
        _ choice: NetworkChoice,
        _ names: (() throws -> ClassIndex)?
    ) throws -> Facts {
        guard let metadata = file.metadata else { return try weightsAlone(file, choice, names) }
        let own = metadata.model
        if let model = choice.model, model != own.architecture {
            throw TrainingError.checkpoint(
                "\(file.path) holds a \(own.architecture.rawValue), not a \(model.rawValue); "
                    + "leave out --model"
            )
        }
        if let size = choice.imageSize, size != own.imageSize {
            throw TrainingError.checkpoint(
                "\(file.path) was trained at \(own.imageSize) pixels, not \(size); "
                    + "leave out --image-size"
            )
        }
        return Facts(
            path: file.path,
            description: own,
            plans: metadata.plans,
            classes: metadata.classes,
            trainingCounts: metadata.trainingCounts,
            step: metadata.step,
            settings: metadata.configuration
        )
    }

    private static func weightsAlone(
        _ file: CheckpointFile,
        _ choice: NetworkChoice,
        _ names: (() throws -> ClassIndex)?
    ) throws -> Facts {
        guard let model = choice.model else {
            throw TrainingError.usage(
                "\(file.path) holds weights alone and does not say of what; give --model, one of "
                    + Architecture.allCases.map(\.rawValue).joined(separator: ", ")
            )
        }
        guard let count = file.classes else {
            throw TrainingError.checkpoint(
                "\(file.path) has no last layer (fc.weight or classifier.6.weight): "
                    + "it is no checkpoint of a \(model.rawValue)"
            )
        }
        let classes = try names?() ?? ClassIndex(fitting: (0..<count).map(Int64.init))
        guard classes.count == count else {
            throw TrainingError.checkpoint(
                "\(file.path) knows \(count) landmarks, the photos show \(classes.count); "
                    + "give the photos it was trained on"
            )
        }
        let size = choice.imageSize ?? 224
        return Facts(
            path: file.path,
            description: ModelDescription(architecture: model, classes: count, imageSize: size),
            plans: PhotoPlans(imageSize: size),
            classes: classes,
            trainingCounts: [],
            step: 0,
            settings: nil
        )
    }
}
