import ArgumentParser
import Distributed
import Files
import Foundation
import Images
import Reporting
import Training

/// `landmark-train predict`.
struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Name the landmark in photos.",
        discussion: """
            Predictions go to standard output as photos are read, the most probable landmark first. A \
            photo that cannot be read is reported and skipped; the exit code is then 65.
            """
    )

    @OptionGroup var network: NetworkChoice

    @Argument(help: "Photos, folders of photos with all folders in them, or - for standard input.")
    var photos: [String] = []

    @Option(
        help: ArgumentHelp(
            "Table with a column id of photos in --data, instead of photos named here.",
            valueName: "file"
        )
    )
    var csv: String?

    @Option(
        help: ArgumentHelp(
            "Write the top predictions in the format of the Google Landmark contests, id,landmarks, "
                + "instead of printing them.",
            valueName: "file"
        )
    )
    var submission: String?

    @Option(help: "Number of predictions for each photo.")
    var top = 5

    @Option(
        name: TrainingConfiguration.photos.data.names,
        help: ArgumentHelp(
            "Folder of the photos of --csv; its landmarks name the classes of a file with weights alone.",
            valueName: "folder"
        )
    )
    var data: String?

    @Option(
        help: ArgumentHelp(
            "Write a picture of where the network looked to name the most probable landmark: a JPEG, each photo "
                + "beside itself under colours.",
            valueName: "file"
        )
    )
    var heatMap: String?

    @Flag(help: "Print JSON: [{photo, predictions: [{landmark_id, name, confidence}]}].")
    var json = false

    func run() {
        World.launch(threads: network.machine.threads) { world in
            let named = data.map { folder in
                { try openPhotos(folder, holdOut: 0, seed: 0).classes }
            }
            let loaded = try LoadedNetwork(network, world, names: named)
            let asked = try photosToAsk(world)
            // A few photos on many ranks: small batches give each of them work.
            let share = (asked.count + world.communicator.size - 1) / world.communicator.size
            let batch = min(network.batch, share)
            let evaluator = Evaluator(
                communicator: world.communicator,
                model: loaded.model,
                plans: loaded.facts.plans,
                batch: batch,
                pool: world.pool
            )
            let mapper = try world.together {
                try heatMap.map { _ in
                    try HeatMapper(world.communicator, loaded.model, loaded.facts.plans)
                }
            }
            if world.isRoot { asked.remarks.lines.forEach(Ending.say) }
            var all = Evaluator.Findings(outcomes: [], skipped: [])
            var list = JSONList()
            let part = batch * world.communicator.size * Predict.batchesOfPart
            var skipped = 0
            var mapped: [PhotoOutcome] = []
            for start in stride(from: 0, to: asked.count, by: part) {
                let range = start..<min(start + part, asked.count)
                var found = try evaluator.run(
                    PhotoRange(source: asked.photos, range: range),
                    count: range.count,
                    top: top
                )
                for index in found.outcomes.indices { found.outcomes[index].photo += start }
                skipped += found.skipped.count
                mapped += found.outcomes.prefix(HeatMapSheet.mostPhotos - mapped.count)
                try world.together {
                    guard world.isRoot else { return }
                    for photo in found.skipped {
                        Ending.say("rank 0: cannot read \(photo.path): \(photo.reason)")
                    }
                    if submission == nil {
                        try answer(found, asked, loaded.facts.classes, &list)
                    } else {
                        all.outcomes += found.outcomes
                    }
                }
            }
            try world.together {
                guard world.isRoot else { return }
                try finish(all, asked, loaded.facts.classes, list)
            }
            if let heatMap, let mapper {
                let maps = try mapper.run(asked.photos, mapped)
                try world.together {
                    guard world.isRoot else { return }
                    let sheet = HeatMapSheet(mapped, maps, of: asked.photos, loaded.facts)
                    try sheet.write(to: heatMap, answered: asked.count - skipped)
                }
            }
            return skipped == 0 ? 0 : Ending.badData
        }
    }

    /// Batches of a rank after which the answers are printed that there are.
    private static let batchesOfPart = 16

    /// The photos that are asked about.
    private struct Asked {
        var photos: any PhotoSource
        var count: Int
        var remarks = PhotoRemarks()
        /// What each is called in a submission.
        var ids: () -> [String]
    }

    private func photosToAsk(_ world: World) throws -> Asked {
        try world.together {
            try NumberFlag.require(top, "--top", 1...Int.max)
            guard csv == nil || (data != nil && photos.isEmpty) else {
                throw TrainingError.usage(
                    "--csv lists the photos of a folder; give the folder as --data, and no photos"
                )
            }
            guard csv != nil || !photos.isEmpty else {
                throw TrainingError.usage("name photos or folders of photos, or a table with --csv")
            }
            guard photos.filter({ $0 == NamedPhotos.standardInput }).count < 2 else {
                throw TrainingError.usage("- (standard input) is named twice; it holds one photo")
            }
        }
        if let csv, let data {
            let listed = try world.together { try openUnlabelled(csv, in: data) }
            return Asked(photos: listed, count: listed.count) {
                (0..<listed.count).map { listed.id($0) }
            }
        }
        let files = try NamedPhotos(photos, world)
        try world.together {
            guard !files.paths.isEmpty else {
                let rest = files.remarks.lines.map { "; \($0)" }.joined()
                throw TrainingError.data("no photo in \(photos.joined(separator: ", "))\(rest)")
            }
        }
        return Asked(photos: files, count: files.paths.count, remarks: files.remarks) {
            Submission.ids(ofPaths: files.paths.indices.map(files.path))
        }
    }

    /// Prints what was found about some of the photos.
    private func answer(
        _ findings: Evaluator.Findings,
        _ asked: Asked,
        _ classes: ClassIndex,
        _ list: inout JSONList
    ) throws {
        let answers = findings.outcomes.map { outcome in
            Answer(
                photo: asked.photos.path(outcome.photo).readable,
                predictions: outcome.best.map { answer in
                    Answer.Prediction(
                        landmarkID: classes.landmarkID(Int(answer.label)),
                        name: classes.names[Int(answer.label)],
                        confidence: (Double(answer.confidence) * 1e6).rounded() / 1e6
                    )
                }
            )
        }
        if json {
            for answer in answers { try StandardOutput.write(try list.next(answer)) }
        } else {
            try StandardOutput.print(answers.flatMap(lines))
        }
    }

    /// Ends the list of answers, or writes them as a table.
    private func finish(
        _ findings: Evaluator.Findings,
        _ asked: Asked,
        _ classes: ClassIndex,
        _ list: JSONList
    ) throws {
        guard let submission else {
            if json { try StandardOutput.write(list.end) }
            return
        }
        try Submission(findings, ids: asked.ids(), classes).write(to: submission)
    }

    private func lines(_ answer: Answer) -> [String] {
        let lines = answer.predictions.map { prediction in
            let percent = Figures.percent(prediction.confidence)
            let space = String(repeating: " ", count: max(0, 9 - percent.count))
            return switch prediction.landmarkID {
            case .number(let id): "\(space)\(percent)  \(prediction.name) (\(id))"
            case .folder(let name): "\(space)\(percent)  \(name)"
            }
        }
        return [answer.photo] + lines
    }

    /// What is printed about one photo.
    private struct Answer: Encodable {
        var photo: String
        var predictions: [Prediction]

        struct Prediction: Encodable {
            var landmarkID: LandmarkID
            var name: String
            var confidence: Double

            enum CodingKeys: String, CodingKey {
                case landmarkID = "landmark_id"
                case name, confidence
            }
        }
    }
}
