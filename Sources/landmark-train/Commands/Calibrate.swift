import ArgumentParser
import Distributed
import Files
import Images
import Networks
import Reporting
import Tensors
import Training

/// `landmark-train calibrate`.
struct Calibrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Find out which photos show none of the landmarks that a network or a gallery knows.",
        discussion: """
            Photos are scored by how near their embedding comes to a landmark. The threshold is the lowest at which \
            at most the share --false-positives of the unknown photos gets a name; photos below it are answered \
            with \"no landmark known here\" from then on, by predict and evaluate.

            Known photos are those that the run held out (the photos that it learned from are what the score is \
            learned from), or, of a gallery, its own, each scored by the others. The threshold is kept in the run \
            folder, beside a file of weights (FILE.calibration.safetensors), or in the gallery, and holds for these \
            weights alone. Photos of --unknown that are among the known ones, by their content, are told and left out.
            """
    )

    @OptionGroup var network: NetworkChoice

    @Option(
        help: ArgumentHelp(
            "Folder of photos, however deep, that show none of the landmarks: other buildings, streets, people, food.",
            valueName: "folder"
        )
    )
    var unknown: String

    @Option(help: "The largest share of the unknown photos that may get a name.")
    var falsePositives = 0.05

    @Option(
        name: TrainingConfiguration.photos.data.names,
        help: ArgumentHelp(
            "Folder of the photos that weights without a run learned from, and of photos held out.",
            valueName: "folder"
        )
    )
    var data: String?

    @Option(
        help: ArgumentHelp(
            "Where the weights are now that a gallery was made with (default: where they were).",
            valueName: "weights"
        )
    )
    var weights: String?

    @Flag(help: "Print one JSON object instead of lines.")
    var json = false

    func run() {
        // Before any thread is started: threads inherit which signals are blocked.
        let signals = StopSignals()
        World.launch(threads: network.machine.threads) { world in
            let photos = try UnknownPhotos(unknown, world)
            let isGallery = try world.fromRoot {
                guard falsePositives >= 0, falsePositives < 1 else {
                    throw TrainingError.usage(
                        "--false-positives is \(falsePositives); give a share from 0 to below 1, as 0.05"
                    )
                }
                return GalleryFile.isGallery(network.checkpoint)
            }
            photos.remarks.forEach { if world.isRoot { Ending.say($0) } }
            return isGallery
                ? try calibrateGallery(photos, world, signals.stop)
                : try calibrateNetwork(photos, world, signals.stop)
        }
    }

    // MARK: A gallery

    private func calibrateGallery(
        _ photos: UnknownPhotos,
        _ world: World,
        _ stop: Interruption
    ) throws -> Int32 {
        let path = network.checkpoint
        let own = try GalleryNetwork(path, weights: weights, world) {
            $0.engine = network.engine
        }
        let unknown = try world.fromRoot {
            photos.places(
                without: Set(try GalleryFile(path).gallery().photos.map(\.hash)),
                in: path
            )
        }
        let progress = ProgressCount("embedding", unknown.count, world)
        let embedded = try own.embedder.embed(
            PhotoPaths(paths: unknown.map { photos.paths[$0] }),
            count: unknown.count,
            stop: stop,
            progress: progress.show
        )
        progress.end()
        try world.together {
            guard world.isRoot else { return }
            let calibration = try Gallery.change(path, say: Ending.say) { gallery in
                guard gallery.source.network.hash == own.source.network.hash else {
                    throw TrainingError.data(
                        "\(path) was replaced by one of another network meanwhile"
                    )
                }
                let known = gallery.heldOutScores(world.pool)
                let single = known.count { $0 == nil }
                if single > 0 {
                    Ending.say(
                        "\(Figures.count(single, "photo")) of landmarks that have no other photo to be scored by "
                            + "do not count as known"
                    )
                }
                let scores = gallery.means.scores(embedded.rows, world.pool)
                tellNearest(zip(embedded.photos.map { photos.paths[unknown[$0]] }, scores))
                let calibration = try Calibration(
                    known: known.compactMap { $0 },
                    unknown: scores,
                    falsePositives: falsePositives,
                    photos: gallery.photos.count,
                    landmarks: gallery.landmarks.count
                )
                gallery.calibration = calibration
                return calibration
            }
            try tell(calibration, in: path)
        }
        return tell(photos, embedded.skipped.map(\.told), world)
    }

    // MARK: A network

    private func calibrateNetwork(
        _ photos: UnknownPhotos,
        _ world: World,
        _ stop: Interruption
    ) throws -> Int32 {
        let loaded = try LoadedNetwork(network, world, part: .trunk)
        let embedder = loaded.embedder(world)
        let learned = try LearnedPhotos(network, loaded.facts, folder: data, world)
        try world.together {
            guard !learned.photos.labels.contains(where: { $0 >= 0 }) else { return }
            throw TrainingError.data(
                "none of the photos to learn from shows a landmark that \(loaded.facts.path.shown) names; give the "
                    + "photos that it was trained on"
            )
        }
        let reference = try learned.embeddings(embedder, world, stop)
        let means = try world.together {
            world.isRoot ? LandmarkMeans(reference.rows, reference.labels, world.pool) : nil
        }
        let held = ChosenPhotos(
            learned.held,
            (0..<learned.held.count).filter { learned.held.label($0) >= 0 }
        )
        let unknown = try world.fromRoot {
            let paths = (0..<learned.photos.count).map { learned.photos.path($0) } + held.paths
            let known = Set(inspectPhotos(paths, world.pool).compactMap(\.hash))
            return photos.places(without: known, in: "the photos of \(network.checkpoint)")
        }
        let knownProgress = ProgressCount("scoring known photos", held.count, world)
        let knownScores = try PhotoScores(
            embedder,
            held,
            count: held.count,
            means,
            world,
            stop: stop,
            progress: knownProgress.show
        )
        knownProgress.end()
        let progress = ProgressCount("scoring unknown photos", unknown.count, world)
        let scores = try PhotoScores(
            embedder,
            PhotoPaths(paths: unknown.map { photos.paths[$0] }),
            count: unknown.count,
            means,
            world,
            stop: stop,
            progress: progress.show
        )
        progress.end()
        try world.together {
            guard let means else { return }
            tellNearest(scores.values.map { (photos.paths[unknown[$0.key]], $0.value) })
            let calibration = try Calibration(
                known: Array(knownScores.values.values),
                unknown: Array(scores.values.values),
                falsePositives: falsePositives,
                photos: reference.labels.count { $0 >= 0 },
                landmarks: means.labels.count
            )
            let path = CalibratedNetwork.path(forWeights: loaded.facts.path)
            try CalibratedNetwork(
                embedder.network,
                learned.photos.classes,
                means,
                calibration
            ).write(to: path)
            try tell(calibration, in: path)
        }
        return tell(photos, knownScores.skipped + scores.skipped, world)
    }

    /// Names the unknown photos that come nearest to a landmark: one that shows a known landmark is found there.
    private func tellNearest(_ photos: some Sequence<(String, Float)>) {
        let nearest = photos.sorted { a, b in
            a.1 != b.1 ? a.1 > b.1 : a.0.utf8.lexicographicallyPrecedes(b.0.utf8)
        }
        let list = nearest.prefix(3).map { "\($0.0.shown) (\(Figures.fixed(Double($0.1), 3)))" }
        guard !list.isEmpty else { return }
        Ending.say(
            "nearest to known landmarks among the unknown photos, to be looked at: "
                + list.joined(separator: ", ")
        )
    }

    private func tell(_ calibration: Calibration, in path: String) throws {
        let text = CalibrationText(calibration)
        text.warnings.forEach(Ending.say)
        guard !json else {
            let page = String(decoding: try calibration.jsonPage(), as: UTF8.self)
            return try StandardOutput.write(page + "\n")
        }
        try StandardOutput.print(
            [
                "\(path.readable): \(Figures.count(calibration.photos, "photo")) of "
                    + Figures.count(calibration.landmarks, "landmark")
            ] + text.lines
        )
    }

    /// Tells photos that cannot be read; returns the exit code.
    private func tell(_ photos: UnknownPhotos, _ skipped: [SkippedPhoto], _ world: World) -> Int32 {
        let all = photos.unreadable + skipped
        if world.isRoot { SkippedPhotos.tell(all, rest: "landmark-train dataset check lists all") }
        return all.isEmpty ? 0 : Ending.badData
    }
}
