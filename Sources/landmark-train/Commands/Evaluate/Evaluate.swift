import ArgumentParser
import Distributed
import Files
import Foundation
import Images
import Networks
import Reporting
import Tensors
import Training

/// `landmark-train evaluate`.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Evaluate a network on photos with known landmarks.",
        discussion: """
            Takes the test photos of a folder; where it has none, its validation photos, or else the \
            part of each landmark that was held out in training. Each photo counts once, on any \
            number of ranks. SIGINT or SIGTERM end it with exit code 130 or 143 and without a result.

            --classifier knn, class-mean and whitened-mean name landmarks by embeddings, what the network gives \
            before its head: by the nearest of the photos that the run learned from, or of the folder's training photos \
            for weights without a run. These need no head and no training.
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
            "Table of the photos to take from the folder: id,landmark_id, or id,landmarks,Usage.",
            valueName: "file"
        )
    )
    var csv: String?

    @Option(
        help: ArgumentHelp(
            "Take only the photos that the table has this Usage of, such as Private.",
            valueName: "word"
        )
    )
    var usage: String?

    @Flag(help: "Evaluate on all photos of the folder, training photos too.")
    var all = false

    @Option(
        help: ArgumentHelp(
            "Who names the landmark: the network's head, the nearest training photos, or the nearest mean of a "
                + "landmark's training photos, as they are or as galleries compare them.",
            valueName: "head|knn|class-mean|whitened-mean"
        )
    )
    var classifier = ClassifierKind.head

    @Option(help: "Training photos that vote with --classifier knn (default: 5).")
    var neighbours: Int?

    @Option(
        help: ArgumentHelp(
            "Folder of photos, however deep, without a landmark that the network knows: they lower GAP where they "
                + "get a name.",
            valueName: "folder"
        )
    )
    var unknown: String?

    @Flag(help: "Name a landmark in every photo, whatever threshold calibrate found.")
    var nameAll = false

    @Option(help: ArgumentHelp("Write a table of all predictions.", valueName: "file"))
    var predictions: String?

    @Flag(
        help: """
            Put an apostrophe before names in the table of predictions that a spreadsheet would take for \
            formulas.
            """
    )
    var spreadsheetSafe = false

    @Option(
        help: ArgumentHelp(
            "Write the top predictions in the format of the Google Landmark contests: id,landmarks.",
            valueName: "file"
        )
    )
    var submission: String?

    @Option(
        help: ArgumentHelp(
            "Draw the most confident right and wrong predictions as one JPEG.",
            valueName: "file"
        )
    )
    var sheet: String?

    @Flag(help: "Print one JSON object instead of lines.")
    var json = false

    @Flag(help: "List the prediction for each photo, and the errors.")
    var verbose = false

    func run() {
        // Before any thread is started: threads inherit which signals are blocked.
        let signals = StopSignals()
        World.launch(threads: network.machine.threads) { world in
            let folder = try world.fromRoot {
                try requireNeighbours()
                return try photoFolder()
            }
            let part: NetworkPart = classifier == .head ? .whole : .trunk
            let loaded = try LoadedNetwork(network, world, part: part) {
                try openPhotos(folder, holdOut: 0, seed: 0).classes
            }
            let opened = try open(folder, loaded.facts, world)
            let used = try world.together { try opened.used(as: usage) }
            let chosen = try withUnknown(used, loaded.facts, world)
            let photos = chosen.photos
            if world.isRoot {
                for line in chosen.remarks.lines + notes(chosen) { Ending.say(line) }
            }
            var (findings, counts) = try ask(loaded, photos, folder, world, signals.stop)
            if !nameAll, let judge = try LandmarkJudge(network, loaded.facts, world) {
                let progress = ProgressCount("scoring", photos.count, world)
                defer { progress.end() }
                try judge.judge(
                    &findings,
                    photos,
                    count: photos.count,
                    stop: signals.stop,
                    progress: progress.show
                )
            }
            try world.together {
                guard world.isRoot else { return }
                try tell(findings, chosen, loaded.facts, counts)
            }
            return 0
        }
    }

    /// What the classifier says about photos, and the photos of each landmark that it learned from.
    private func ask(
        _ loaded: LoadedNetwork,
        _ photos: any Dataset,
        _ folder: String,
        _ world: World,
        _ stop: Interruption
    ) throws -> (Evaluator.Findings, [Int]) {
        let progress = ProgressCount("evaluating", photos.count, world)
        defer { progress.end() }
        guard classifier != .head else {
            let evaluator = Evaluator(
                communicator: world.communicator,
                model: loaded.model,
                plans: loaded.facts.plans,
                batch: network.batch,
                pool: world.pool
            )
            let findings = try evaluator.run(
                photos,
                count: photos.count,
                top: 5,
                stop: stop,
                progress: progress.show
            )
            return (findings, loaded.facts.trainingCounts)
        }
        let embedder = loaded.embedder(world)
        let learned = try LearnedPhotos(network, loaded.facts, folder: folder, world)
        let reference = try learned.embeddings(embedder, world, stop)
        if classifier == .whitenedMean {
            let judge = try LandmarkClassifier(reference, embedder)
            let findings = try judge.run(photos, top: 5, stop: stop, progress: progress.show)
            return (findings, learned.photos.countsPerClass)
        }
        let judge = try world.together {
            try EmbeddingClassifier(
                reference,
                classifier,
                neighbours: voters,
                embedder
            )
        }
        if world.isRoot, all {
            Ending.say(
                "--all judges photos that are among the reference too, each of which finds itself"
            )
        }
        let findings = try judge.run(photos, top: 5, stop: stop, progress: progress.show)
        return (findings, learned.photos.countsPerClass)
    }
}
