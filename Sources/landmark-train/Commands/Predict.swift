import ArgumentParser
import Distributed
import Foundation
import Images
import Reporting
import Training

/// `landmark-train predict`.
struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Name the landmark in photos.",
        discussion: """
            Answers go to standard output, the likeliest landmark first. A photo that cannot be \
            read is reported and the others are answered all the same; the exit code is then 65.
            """
    )

    @OptionGroup var network: NetworkChoice

    @Argument(help: "Photos, or folders of photos.")
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
            "Write the first answers as the Google Landmark contests take them, id,landmarks, instead of "
                + "printing answers.",
            valueName: "file"
        )
    )
    var submission: String?

    @Option(help: "Landmarks named for each photo.")
    var top = 5

    @Option(
        help: ArgumentHelp(
            "Folder of the photos of --csv; its landmarks name the classes of a file with weights alone.",
            valueName: "folder"
        )
    )
    var data: String?

    @Flag(help: "Print JSON: [{photo, predictions: [{landmark_id, name, confidence}]}].")
    var json = false

    func run() {
        World.launch(threads: network.machine.threads) { world in
            let named = data.map { folder in
                { try openPhotos(folder, holdOut: 0, seed: 0).classes }
            }
            let loaded = try LoadedNetwork(network, world, names: named)
            let asked = try world.together { try photosToAsk() }
            // A few photos on many ranks: small batches give each of them work.
            let share = (asked.count + world.communicator.size - 1) / world.communicator.size
            let evaluator = Evaluator(
                communicator: world.communicator,
                model: loaded.model,
                plans: loaded.facts.plans,
                batch: min(network.batch, share),
                pool: world.pool
            )
            let findings = try evaluator.run(asked.photos, count: asked.count, top: top)
            try world.together {
                guard world.isRoot else { return }
                for line in asked.remarks.lines { Ending.say(line) }
                try answer(findings, asked, loaded.facts.classes)
            }
            return findings.skipped.isEmpty ? 0 : Ending.badData
        }
    }

    /// The photos that are asked about.
    private struct Asked {
        var photos: any PhotoSource
        var count: Int
        var remarks = PhotoRemarks()
        /// What each is called in a submission.
        var ids: () -> [String]
    }

    private func photosToAsk() throws -> Asked {
        guard top > 0 else { throw TrainingError.usage("--top is \(top); give at least 1") }
        guard let csv else {
            guard !photos.isEmpty else {
                throw TrainingError.usage("name photos or folders of photos, or a table with --csv")
            }
            let files = try PhotoFiles(photos)
            guard !files.paths.isEmpty else {
                throw TrainingError.data("no photo in \(photos.joined(separator: ", "))")
            }
            return Asked(photos: files, count: files.paths.count, remarks: files.remarks) {
                Submission.ids(ofPaths: files.paths)
            }
        }
        guard let data, photos.isEmpty else {
            throw TrainingError.usage(
                "--csv lists the photos of a folder; give the folder as --data, and no photos"
            )
        }
        let listed = try openUnlabelled(csv, in: data)
        return Asked(photos: listed, count: listed.count) {
            (0..<listed.count).map { listed.id($0) }
        }
    }

    private func answer(
        _ findings: Evaluator.Findings,
        _ asked: Asked,
        _ classes: ClassIndex
    ) throws {
        for photo in findings.skipped {
            Ending.say("rank 0: cannot read \(photo.path): \(photo.reason)")
        }
        if let submission {
            let answers = Submission(findings, ids: asked.ids(), classes)
            try answers.write(to: submission)
            if answers.hasSpaces {
                Ending.say(
                    "names in \(submission) have spaces: the score is what follows the last one"
                )
            }
            return
        }
        let answers = findings.outcomes.map { outcome in
            Answer(
                photo: asked.photos.path(outcome.photo),
                predictions: outcome.best.map { label, confidence in
                    Answer.Prediction(
                        landmarkID: classes.landmarkID(Int(label)),
                        name: classes.names[Int(label)],
                        confidence: (Double(confidence) * 1e6).rounded() / 1e6
                    )
                }
            )
        }
        guard json else {
            print(answers.map(text).joined(separator: "\n"))
            return
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .withoutEscapingSlashes, .sortedKeys]
        print(String(decoding: try encoder.encode(answers), as: UTF8.self))
    }

    private func text(_ answer: Answer) -> String {
        let lines = answer.predictions.map { prediction in
            let percent = Figures.percent(prediction.confidence)
            let space = String(repeating: " ", count: max(0, 9 - percent.count))
            return switch prediction.landmarkID {
            case .number(let id): "\(space)\(percent)  \(prediction.name) (\(id))"
            case .folder(let name): "\(space)\(percent)  \(name)"
            }
        }
        return ([answer.photo] + lines).joined(separator: "\n")
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
