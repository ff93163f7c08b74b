import ArgumentParser
import Distributed
import Files
import Images
import Networks
import Reporting
import Training

/// `landmark-train gallery`.
struct GalleryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gallery",
        abstract: "Keep photos of landmarks in a file by which others are named, without training.",
        discussion: """
            A gallery is one file (docs/galleries.md). A landmark is known from its first photo on: \
            gallery add G photo.jpg --name Petra; predict --gallery G other.jpg. A gallery belongs to the \
            weights that it was made with and is refused by others.
            """,
        subcommands: [
            GalleryCreate.self, GalleryAdd.self, GalleryRemove.self, GalleryList.self,
        ]
    )
}

/// `landmark-train gallery create`.
struct GalleryCreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make an empty gallery for a network.",
        discussion: """
            The network may be a run (its best checkpoint), a checkpoint or published weights, with or without a \
            head. The gallery keeps their path, a hash of them, and how photos are prepared.
            """
    )

    @Argument(help: ArgumentHelp("File to make.", valueName: "gallery"))
    var gallery: String

    @Option(
        help: ArgumentHelp("Run folder, checkpoint, or file of weights.", valueName: "weights")
    )
    var weights: String

    @OptionGroup var flags: GalleryFlags
    @OptionGroup var engine: EngineFlag
    @OptionGroup var machine: MachineFlags

    func run() {
        World.launch(threads: machine.threads) { world in
            var choice = try world.together {
                guard !exists(gallery) else {
                    throw TrainingError.usage(
                        "there is a file at \(gallery) already; add to it with landmark-train gallery add, or "
                            + "choose another name"
                    )
                }
                return try GalleryNetwork.choice(weights, flags.texts, of: gallery)
            }
            choice.engine = engine
            let loaded = try LoadedNetwork(choice, world, part: .trunk)
            let network = loaded.embedder(world).network
            try world.together {
                guard world.isRoot else { return }
                let source = GallerySource(
                    weights: Path.absolute(loaded.facts.path),
                    flags: flags.texts,
                    network: network
                )
                try Gallery(source).create(gallery, say: Ending.say)
                try StandardOutput.print(
                    "\(gallery.readable): an empty gallery for \(network.text), \(network.width) numbers for each "
                        + "photo"
                )
            }
            return 0
        }
    }
}

/// `landmark-train gallery add`.
struct GalleryAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add photos of landmarks to a gallery.",
        discussion: """
            With --name, all photos named, and all in folders named, show that landmark. Without it, each argument is \
            a folder with one folder for each landmark, or one of Google Landmarks; of a folder with a training \
            part, only that is added. A photo that the gallery has already, by its content, is told and not added \
            again, nor under another name. Photos that cannot be read, or have two names, are told; the exit code \
            is then 65, and the others are added.
            """
    )

    @Argument(help: ArgumentHelp("The gallery.", valueName: "gallery"))
    var gallery: String

    @Argument(help: "Photos, or folders of photos.")
    var photos: [String]

    @Option(help: ArgumentHelp("The landmark that all of the photos show.", valueName: "landmark"))
    var name: String?

    @Option(help: ArgumentHelp("Its id in your tables, for submissions.", valueName: "number"))
    var id: Int64?

    @Option(
        help: ArgumentHelp(
            "Where the weights are now that the gallery was made with (default: where they were).",
            valueName: "weights"
        )
    )
    var weights: String?

    @OptionGroup var engine: EngineFlag
    @OptionGroup var machine: MachineFlags

    func run() {
        // Before any thread is started: threads inherit which signals are blocked.
        let signals = StopSignals()
        World.launch(threads: machine.threads) { world in
            let candidates = try GalleryCandidates(photos, name: name, id: id, world)
            let network = try GalleryNetwork(gallery, weights: weights, world) {
                $0.engine = engine
            }
            var sorting = Gallery.Sorting()
            var held = 0
            let places = try world.fromRoot {
                let gallery = try GalleryFile(gallery).gallery()
                held = gallery.photos.count
                sorting = gallery.sort(candidates.photos)
                return sorting.new
            }
            let new = places.map { candidates.photos[$0] }
            // Rank 0 comes to hold the whole gallery twice, and a part of it once more while it learns.
            let own = world.isRoot ? 3 * (new.count + held) : 0
            try MemoryCheck.require(
                (own + new.count / world.topology.ranksOnNode + 1) * network.embedder.width
                    * MemoryLayout<Float>.stride,
                world,
                advice: "add fewer photos, or make several galleries"
            )
            let progress = ProgressCount("embedding", new.count, world)
            let embedded = try network.embedder.embed(
                PhotoPaths(paths: new.map(\.path)),
                count: new.count,
                stop: signals.stop,
                progress: progress.show
            )
            progress.end()
            let skipped = candidates.unreadable + embedded.skipped.map(\.told)
            let isGood = try world.fromRoot {
                for line in candidates.remarks + GalleryNotes.lines(sorting) { Ending.say(line) }
                SkippedPhotos.tell(skipped, rest: "landmark-train dataset check lists all")
                let added = embedded.photos.map { new[$0] }
                let late = try add(added, embedded.rows, network.source, world)
                return sorting.contradictions.isEmpty && late.contradictions.isEmpty
            }
            return isGood && skipped.isEmpty ? 0 : Ending.badData
        }
    }

    /// Adds what was embedded to what is in the file by now; returns what others have added meanwhile.
    private func add(
        _ photos: [Gallery.NewPhoto],
        _ rows: EmbeddingBlock,
        _ source: GallerySource,
        _ world: World
    ) throws -> Gallery.Sorting {
        guard !photos.isEmpty else {
            try StandardOutput.print("\(gallery.readable): nothing to add")
            return Gallery.Sorting()
        }
        let (sorting, notes) = try Gallery.change(gallery, say: Ending.say) { gallery in
            guard gallery.source.network.hash == source.network.hash else {
                throw TrainingError.data(
                    "\(self.gallery) was replaced by a gallery of another network meanwhile; nothing was added"
                )
            }
            let before = gallery.calibration
            let sorting = gallery.add(photos, rows, world.pool)
            return (sorting, GalleryNotes(gallery, before: before))
        }
        for line in GalleryNotes.lines(sorting) + notes.remarks { Ending.say(line) }
        try StandardOutput.print(
            "\(gallery.readable): \(Figures.count(sorting.new.count, "photo")) added; \(notes.totals)"
        )
        return sorting
    }
}
