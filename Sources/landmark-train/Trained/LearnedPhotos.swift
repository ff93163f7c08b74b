import Distributed
import Files
import Images
import Reporting
import Tensors
import Training

/// The photos that a network learned from, or that one would learn from in a folder: the reference that others are
/// compared with.
struct LearnedPhotos {
    let photos: any Dataset
    /// The photos that are held out beside them.
    let held: any Dataset
    /// The run whose photos they are and that keeps their embeddings; nil = weights without a run, or photos that have changed.
    private let run: RunFolder?

    /// Finds the photos; a collective call.
    ///
    /// - Parameters:
    ///   - folder: the folder of photos where there is no run, or where the run's is gone.
    init(
        _ choice: NetworkChoice,
        _ facts: LoadedNetwork.Facts,
        folder: String?,
        _ world: World
    ) throws {
        let found = RunOfCheckpoint(choice.checkpoint).run
        let notes = try RunNotes.read(world, needed: false) { found }
        if let found, notes != nil {
            var settings = try world.together { try found.configuration() }
            // A folder that was moved since is found by its content.
            if let data = settings.data, !exists(data), let folder { settings.data = folder }
            let opened = try RunPhotos.open(settings, found, world, resumes: true, draws: false)
            (photos, held) = (opened.training, opened.held)
            let changed = opened.findings.changed
            run = changed.count == 0 ? found : nil
            if world.isRoot, let example = changed.examples.first {
                Ending.say(
                    "\(Figures.count(changed.count, "photo")) of the run changed since it began, such as \(example.text); "
                        + "embeddings that the run keeps are left aside"
                )
            }
            return
        }
        run = nil
        guard let folder else {
            throw TrainingError.rank(
                0,
                code: 64,
                "--data is missing: the folder whose training photos are the reference"
            )
        }
        let usual = Recipe.landmark.configuration
        let shared = try SharedFolder(
            world.communicator,
            world.pool,
            node: world.topology.node,
            limit: facts.settings?.inspectAtMost ?? ListedFolder.inspectedAtMost,
            exitCode: Ending.code
        ) {
            try ListedFolder(folder, classes: facts.areNamed ? facts.classes : nil)
        }
        (photos, held) = try world.together {
            let opened = try shared.folder.parted(
                shared.facts,
                holdOut: facts.settings?.holdOut ?? usual.holdOut,
                seed: facts.settings?.seed ?? usual.seed
            )
            if world.isRoot { opened.findings.lines.forEach(Ending.say) }
            return (opened.training, opened.held)
        }
    }

    /// Their embeddings; a run keeps them in its folder.
    func embeddings(
        _ embedder: Embedder,
        _ world: World,
        _ stop: Interruption?
    ) throws -> EmbeddingTable {
        try MemoryCheck.require(
            (photos.count / max(world.topology.ranksOnNode, 1) + 1) * embedder.width
                * MemoryLayout<Float>.stride,
            world,
            advice:
                "compare by landmark-train embed and neighbours, which read embeddings from files"
        )
        let progress = ProgressCount("embedding the reference", photos.count, world)
        defer { progress.end() }
        let embedded =
            if let run {
                try KeptEmbeddings(run.embeddings, tell: Ending.say)
                    .embed(photos, embedder, stop: stop, progress: progress.show)
            } else {
                try embedder.embed(
                    photos,
                    count: photos.count,
                    stop: stop,
                    progress: progress.show
                )
            }
        progress.end()
        if world.isRoot {
            SkippedPhotos.tell(
                embedded.skipped.map(\.told),
                rest: "landmark-train dataset check lists all"
            )
            if !embedded.skipped.isEmpty {
                Ending.say(
                    "the reference lacks \(Figures.count(embedded.skipped.count, "photo")) of "
                        + Figures.grouped(photos.count)
                )
            }
        }
        return EmbeddingTable(
            embedded.rows,
            embedder.network,
            ids: embedded.photos.map(photos.id),
            labels: embedded.photos.map(photos.label),
            classes: photos.classes
        )
    }
}

/// How many photos are through, on a line of the terminal that is written over.
struct ProgressCount {
    private let what: String
    private let total: Int
    private let isShown: Bool
    private let terminal = Terminal.standardError

    /// Counts to `total`, on rank 0.
    init(_ what: String, _ total: Int, _ world: World) {
        self.what = what
        self.total = total
        isShown = world.isRoot
    }

    /// Shows a count.
    func show(_ done: Int) {
        guard isShown else { return }
        terminal.replace("\(what) \(Figures.grouped(done))/\(Figures.grouped(total))")
    }

    /// Takes the line away.
    func end() { if isShown { terminal.replace("") } }
}
