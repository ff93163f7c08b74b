import ArgumentParser
import Distributed
import Files
import Images
import Networks
import Reporting
import Training

/// `landmark-train embed`.
struct Embed: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Write embeddings of photos: what the network gives before its head, as unit vectors.",
        discussion: """
            The network may be a run, a checkpoint or published weights, with or without a head. The file is a \
            safetensors file with ids and labels (docs/embeddings.md), which neighbours reads, and Python. Photos \
            that cannot be read are told and left out. SIGINT or SIGTERM end it with exit code 130 or 143 and \
            without a file.
            """
    )

    @OptionGroup var network: NetworkChoice

    @Option(
        name: TrainingConfiguration.photos.data.names,
        help: ArgumentHelp("Folder of photos (default: those of the run).", valueName: "folder")
    )
    var data: String?

    @Option(
        help: ArgumentHelp(
            "Table of the photos to take from the folder, with a column id; labels are those of landmark_id.",
            valueName: "file"
        )
    )
    var csv: String?

    @Option(
        help: ArgumentHelp(
            "Which of the folder's photos: all, those to learn from, or those that evaluate judges on.",
            valueName: "all|learned|held"
        )
    )
    var part = EmbeddedPart.all

    @Option(help: ArgumentHelp("Safetensors file to write.", valueName: "file"))
    var out: String

    func run() {
        // Before any thread is started: threads inherit which signals are blocked.
        let signals = StopSignals()
        World.launch(threads: network.machine.threads) { world in
            let folder = try world.fromRoot { () -> String in
                guard csv == nil || part == .all else {
                    throw TrainingError.usage("--csv lists the photos to take; leave out --part")
                }
                if let data { return data }
                if let data = try RunOfCheckpoint(network.checkpoint).data() { return data }
                throw TrainingError.usage("--data is missing: the folder of photos to embed")
            }
            let loaded = try LoadedNetwork(network, world, part: .trunk)
            let photos = try chosenPhotos(folder, loaded.facts, world)
            let embedder = loaded.embedder(world)
            let writer = try world.together {
                try world.isRoot ? EmbeddingWriter(out, embedder.network) : nil
            }
            let progress = ProgressCount("embedding", photos.count, world)
            let skipped = try embedder.run(
                photos,
                count: photos.count,
                stop: signals.stop,
                progress: progress.show
            ) { photo, row in
                try writer?.append(row, id: photos.id(photo), label: photos.label(photo))
            }
            progress.end()
            try world.together {
                guard let writer else { return }
                SkippedPhotos.tell(
                    skipped.map(\.told),
                    rest: "landmark-train dataset check lists all"
                )
                guard writer.count > 0 else {
                    throw TrainingError.data(
                        "none of the \(photos.count) photos of \(folder) can be embedded"
                    )
                }
                try writer.finish(photos.classes)
                try tell(writer.count, skipped.count, embedder.network)
            }
            return skipped.isEmpty ? 0 : Ending.badData
        }
    }

    private func tell(_ count: Int, _ skipped: Int, _ network: EmbeddingNetwork) throws {
        try StandardOutput.print([
            "\(Figures.count(count, "photo")) embedded by \(network.text), \(network.width) numbers each, in "
                + out.readable
                + (skipped > 0 ? "; \(Figures.grouped(skipped)) left out" : "")
        ])
    }

    /// The photos to embed, labelled by the classes of the network where it names them, else of the folder.
    private func chosenPhotos(
        _ folder: String,
        _ facts: LoadedNetwork.Facts,
        _ world: World
    ) throws -> any Dataset {
        let own = facts.namesItself ? facts.classes : nil
        if let csv {
            return try world.together {
                try LabelledTable.open(csv, in: folder, own, tells: world.isRoot)
            }
        }
        if part == .learned {
            return try LearnedPhotos(network, facts, folder: folder, world).photos
        }
        let notes = try RunNotes.read(world, needed: false) {
            RunOfCheckpoint(network.checkpoint).run
        }
        // What a run learned from has labels; other photos need none.
        if part == .all, notes == nil || data != nil, let plain = try PlainPhotos(folder, world) {
            return plain
        }
        let shared = try SharedFolder(
            world.communicator,
            world.pool,
            node: world.topology.node,
            limit: facts.settings?.inspectAtMost ?? ListedFolder.inspectedAtMost,
            known: notes?.photos,
            exitCode: Ending.code
        ) {
            try ListedFolder(folder, classes: own)
        }
        guard part == .held else {
            if world.isRoot { shared.folder.remarks.lines.forEach(Ending.say) }
            return shared.folder.allPhotos
        }
        let usual = Recipe.landmark.configuration
        let chosen = try world.together {
            try shared.folder.evaluated(
                shared.facts,
                KnownPhotos(
                    record: notes?.photos,
                    holdOut: facts.settings?.holdOut ?? usual.holdOut,
                    seed: facts.settings?.seed ?? usual.seed
                )
            )
        }
        if world.isRoot {
            for line in chosen.remarks.lines + chosen.findings.lines { Ending.say(line) }
        }
        return chosen.photos
    }
}

/// Which photos of a folder are embedded.
enum EmbeddedPart: String, ExpressibleByArgument, CaseIterable {
    case all
    case learned
    case held
}

/// Photos of a table, with labels where it has them.
enum LabelledTable {
    /// Opens the photos that `table` lists in `folder`; that they have no labels is said where `tells`.
    ///
    /// - Parameter classes: what labels are places in; nil = the landmarks of the folder.
    static func open(
        _ table: String,
        in folder: String,
        _ classes: ClassIndex?,
        tells: Bool
    ) throws -> any Dataset {
        // A table without landmarks, or a folder without any, is still one of photos.
        let known = classes ?? (try? ListedFolder(folder))?.classes
        let listed = known.flatMap { try? ListedFolder(folder, classes: $0, table: table) }
        if let test = listed?.listedTest { return test }
        let photos = try openUnlabelled(table, in: folder)
        if tells {
            Ending.say("\(table) names no landmarks that are known: its photos have no labels")
        }
        return photos
    }
}
