import Distributed
import Files
import Foundation
import Images
import Networks
import Tensors
import Training

/// A trained network, the same on all ranks, ready for inference.
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
        /// Whether the file itself names them, and not photos given.
        var namesItself: Bool
        /// Whether these are known, by the file or by photos given, and not just numbered.
        var areNamed: Bool
        /// What the checkpoint, or the one that the file was exported from, says; nil for weights of
        /// another program.
        var metadata: CheckpointMetadata?
        /// What was assumed, or replaced by flags.
        var notes: [String]

        /// Photos of each landmark that it was learned from; empty where that is not known.
        var trainingCounts: [Int] { metadata?.trainingCounts ?? [] }
        /// Steps that it was trained for.
        var step: Int { metadata?.step ?? 0 }
        /// Settings of the run; nil for weights of another program.
        var settings: TrainingConfiguration? { metadata?.configuration }
    }

    /// Reads the checkpoint on rank 0 and gives it to all ranks.
    ///
    /// - Parameters:
    ///   - part: all of the network, or the trunk that gives embeddings, for which a file needs no head.
    ///   - tells: whether what was found about the file is said.
    ///   - names: landmarks of a file that does not name its own, in the order of the logits;
    ///     nil = they are numbered.
    init(
        _ choice: NetworkChoice,
        _ world: World,
        part: NetworkPart = .whole,
        tells: Bool = true,
        names: (() throws -> ClassIndex)? = nil
    ) throws {
        let isTrunk = part == .trunk
        var file: CheckpointFile?
        let facts = try world.fromRoot {
            try choice.check()
            let opened = try CheckpointFile(choice.checkpoint, latest: choice.latest)
            file = opened
            if tells { for remark in opened.remarks { Ending.say(remark) } }
            return try LoadedNetwork.facts(opened, choice, part, names)
        }
        try world.together { try facts.description.check() }
        try world.use(LoadedNetwork.engine(choice, facts))
        try MemoryCheck.require(
            MemoryNeed.evaluation(
                facts.description,
                batch: isTrunk ? Embedder.batch : choice.batch,
                ranksOnNode: world.topology.ranksOnNode,
                pool: world.pool
            ),
            world,
            advice: "use a smaller --batch or fewer ranks on the node"
        )
        let values = try world.communicator.makeNodeStorage(
            count: facts.description.valueCount
        )
        let model = Model(
            facts.description,
            freezing: isTrunk ? .trunk : .none,
            part: part,
            maximumBatch: isTrunk ? Embedder.batch : choice.batch,
            purpose: .evaluation,
            pool: world.pool,
            exact: (choice.convolution ?? facts.settings?.convolution) == .exact,
            values: values.storage
        )
        let report = try world.together {
            let report = try file?.load(
                into: model.store,
                average: true,
                head: isTrunk ? .unused : .required,
                ignoreSurplus: choice.ignoreSurplus
            )
            let heads = model.store.parameters.filter(\.isHead).map(\.name)
            let missing = report?.kept.filter { !heads.contains($0) } ?? []
            guard missing.isEmpty else {
                throw TrainingError.checkpoint(
                    "\(facts.path.shown) has no \(missing.joined(separator: ", ")), and embeddings come from "
                        + "behind these; give weights that have all but the last layer"
                )
            }
            return report
        }
        if tells, world.isRoot {
            for note in facts.notes + (report?.notes ?? []) { Ending.say(note) }
        }
        try world.communicator.broadcast(values)
        self.model = model
        self.facts = facts
    }

    /// The engine that was asked for, else that of the run, where this machine has it.
    private static func engine(_ choice: NetworkChoice, _ facts: Facts) -> BLASEngine? {
        if let asked = choice.engine.blas { return asked }
        guard facts.settings?.blas == .system, case .success = SystemBLAS.found else { return nil }
        return .system
    }

    private static func facts(
        _ file: CheckpointFile,
        _ choice: NetworkChoice,
        _ part: NetworkPart,
        _ names: (() throws -> ClassIndex)?
    ) throws -> Facts {
        let path = file.path.shown
        var notes: [String] = []
        let model = try file.network(
            asked: choice.model,
            imageSize: choice.imageSize,
            ignoreSurplus: choice.ignoreSurplus,
            &notes
        )
        let photos = SettledPhotos(try choice.wishes(), file, model)
        notes += photos.notes
        let size = photos.imageSize
        // The number of classes of a head that nothing goes through is of no account.
        guard let count = file.classes ?? (part == .trunk ? 2 : nil) else {
            let table = ModelDescription(architecture: model, classes: 2, imageSize: size)
                .parameterTable()
            let head = table.parameters.filter(\.isHead).map(\.name).joined(separator: ", ")
            throw TrainingError.checkpoint(
                "\(path) has no last layer (\(head)): it names no landmarks; train one with --weights "
                    + path
            )
        }
        let known = try file.claims.classes ?? names?()
        if part != .trunk, let known, known.count != count {
            throw TrainingError.checkpoint(
                "\(path) knows \(count) landmarks, the photos show \(known.count); "
                    + "give the photos it was trained on"
            )
        }
        var plans = file.metadata?.plans ?? PhotoPlans(imageSize: size)
        plans.take(photos)
        return Facts(
            path: file.path,
            description: ModelDescription(
                architecture: model,
                classes: count,
                imageSize: size,
                dropout: file.metadata?.model.dropout,
                stochasticDepth: file.metadata?.model.stochasticDepth
            ),
            plans: plans,
            classes: known ?? ClassIndex(fitting: (0..<count).map(Int64.init)),
            namesItself: file.claims.classes != nil && file.classes != nil,
            areNamed: known != nil,
            metadata: file.metadata,
            notes: notes
        )
    }
}

extension LoadedNetwork {
    /// What makes embeddings by a network whose trunk was loaded.
    func embedder(_ world: World) -> Embedder {
        Embedder(
            communicator: world.communicator,
            trunk: model,
            plans: facts.plans,
            pool: world.pool
        )
    }
}

/// The run that a checkpoint belongs to, judged by where it lies.
struct RunOfCheckpoint {
    let run: RunFolder?

    /// Takes the path of a run folder, or of a checkpoint in its `checkpoints` folder.
    init(_ path: String) {
        // By the way from the root: what is above `step-1.safetensors` alone is not in its path.
        let folder =
            isFolder(path) ? path : Path.parent(of: Path.parent(of: Path.absolute(path)))
        let run = RunFolder(folder)
        self.run = exists(run.config) ? run : nil
    }

    /// The folder of photos that the run was trained on; nil where there is no run.
    func data() throws -> String? {
        guard let run else { return nil }
        return try run.configuration().data ?? RunPhotos.builtIn(run)
    }
}
