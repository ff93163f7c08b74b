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

    @Option(help: "Training photos that vote with --classifier knn.")
    var neighbours = 5

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
                try NumberFlag.require(neighbours, "--neighbours", NumberFlag.neighbours)
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
                neighbours: neighbours,
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

    /// The photos with those of --unknown, of which copies of the others are told and left out.
    private func withUnknown(
        _ chosen: EvaluationPhotos,
        _ facts: LoadedNetwork.Facts,
        _ world: World
    ) throws -> EvaluationPhotos {
        guard let unknown else { return chosen }
        let found = try UnknownPhotos(unknown, world)
        let places = try world.fromRoot {
            found.remarks.forEach(Ending.say)
            SkippedPhotos.tell(found.unreadable, rest: "landmark-train dataset check lists all")
            let known = inspectPhotos(chosen.photos.paths, world.pool).compactMap(\.hash)
            return found.places(without: Set(known), in: "the photos to evaluate on")
        }
        let paths = places.map { found.paths[$0] }
        return chosen.with(PhotosWithoutLandmark(paths: paths, classes: facts.classes))
    }

    private func photoFolder() throws -> String {
        if let data { return data }
        if let data = try RunOfCheckpoint(network.checkpoint).data() { return data }
        guard exists(network.checkpoint) else {
            throw TrainingError.files(
                "no checkpoint or run folder at \(network.checkpoint); check the path"
            )
        }
        throw TrainingError.usage("--data is missing: the folder of photos to evaluate on")
    }

    private func open(
        _ folder: String,
        _ facts: LoadedNetwork.Facts,
        _ world: World
    ) throws -> EvaluationPhotos {
        let notes = try RunNotes.read(world, needed: false) {
            RunOfCheckpoint(network.checkpoint).run
        }
        let shared = try SharedFolder(
            world.communicator,
            world.pool,
            node: world.topology.node,
            limit: facts.settings?.inspectAtMost ?? ListedFolder.inspectedAtMost,
            known: notes?.photos,
            exitCode: Ending.code
        ) {
            try ListedFolder(folder, classes: facts.classes, table: csv)
        }
        // Weights without a run are judged on what a run would hold out.
        let usual = classifier == .head ? nil : Recipe.landmark.configuration
        let photos = try world.together {
            try shared.folder.evaluated(
                shared.facts,
                KnownPhotos(
                    record: notes?.photos,
                    holdOut: facts.settings?.holdOut ?? (usual?.holdOut ?? 0),
                    seed: facts.settings?.seed ?? (usual?.seed ?? 0)
                ),
                all: all
            )
        }
        if world.isRoot, notes == nil, facts.settings != nil || usual == nil,
            photos.source == .split
        {
            Ending.say(
                "which photos the network learned from is not noted beside it (photos.csv): what was "
                    + "held out is worked out from its seed; of runs of earlier versions, some of "
                    + "these photos were learned from"
            )
        }
        return photos
    }

    /// What there is to say about the photos before they are judged.
    private func notes(_ chosen: EvaluationPhotos) -> [String] {
        var lines = chosen.findings.lines
        let learned = Figures.count(chosen.learned, "photo")
        if chosen.learned > 0, all {
            lines.append("\(learned) of these were learned from, which flatters the figures")
        } else if chosen.learned > 0, chosen.source != .split {
            lines.append(
                "\(learned) left out, since the network learned from them; --all takes them in"
            )
        }
        if let first = chosen.renewed.examples.first {
            lines.append(
                "\(Figures.count(chosen.renewed.count, "photo")) named like one that was learned from, "
                    + "with other bytes, such as \(first.text); if these are the same pictures, the "
                    + "figures flatter"
            )
        }
        return lines
    }

    private func tell(
        _ findings: Evaluator.Findings,
        _ chosen: EvaluationPhotos,
        _ facts: LoadedNetwork.Facts,
        _ counts: [Int]
    ) throws {
        SkippedPhotos.tell(findings.skipped, rest: "landmark-train dataset check lists all")
        let known = chosen.judged.count
        var result = try self.result(findings.part(0..<known), chosen.judged, facts, counts)
        let reference = Figures.count(counts.reduce(0, +), "photo")
        switch classifier {
        case .head: break
        case .knn: result.classifier = "knn, \(Figures.grouped(neighbours)) of \(reference)"
        case .classMean: result.classifier = "class means of \(reference)"
        case .whitenedMean: result.classifier = "whitened means of \(reference)"
        }
        result.learned = chosen.learned
        let new = findings.part(known..<chosen.photos.count)
        if new.outcomes.contains(where: { chosen.added.label($0.photo) >= 0 }) {
            result.new = NewPhotosResult(try self.result(new, chosen.added, facts, counts))
        }
        if let predictions {
            try AnswerTable(findings, of: chosen.photos, facts.classes)
                .write(to: predictions, safely: spreadsheetSafe)
        }
        if let submission {
            let ids = (0..<chosen.photos.count).map { chosen.photos.id($0) }
            try Submission(findings, ids: ids, facts.classes).write(to: submission)
        }
        if let sheet {
            try AnswerSheet(findings, of: chosen.photos, facts.classes, counts).write(to: sheet)
        }
        if verbose {
            try StandardOutput.print(AnswerListing(findings, of: chosen.photos).lines)
        }
        if json {
            try StandardOutput.write(String(decoding: try result.jsonPage(), as: UTF8.self) + "\n")
        } else if !verbose {
            try StandardOutput.print(
                ResultText(
                    result,
                    source: source(chosen.source) + (result.classifier.map { "; \($0)" } ?? "")
                ).lines
            )
        }
    }

    private func result(
        _ findings: Evaluator.Findings,
        _ photos: any Dataset,
        _ facts: LoadedNetwork.Facts,
        _ counts: [Int]
    ) throws -> EvaluationResult {
        return try EvaluationResult(
            findings,
            of: photos,
            trainingCounts: counts.isEmpty ? facts.classes.ids.map { _ in 0 } : counts,
            model: facts.description.architecture.rawValue,
            checkpoint: facts.path,
            step: facts.step
        )
    }

    private func source(_ source: HeldSource) -> String {
        switch source {
        case .test: csv == nil ? "the folder's test photos" : "those of \(csv ?? "")"
        case .validation: "the folder's validation photos"
        case .split: "held out in training"
        case .all: "all of the folder"
        }
    }
}
