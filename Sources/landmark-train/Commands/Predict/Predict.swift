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

            --neighbours K adds the K nearest of the photos that the run learned from, by embeddings, which are \
            computed once and kept in the run folder. Weights without a run take the training photos of --data, \
            or --embeddings; where such a file does not name its landmarks, the nearest photos are the answer.

            --gallery G PHOTO… names photos by a gallery instead of a network's head; it brings its network along. \
            The confidence of a landmark is then its share among the gallery's, by how near the photo comes to each.

            Once calibrate has found a threshold, a photo below it is answered with "no landmark known here (best \
            guess …)", in JSON by "known" : false, and in a submission by an empty row.
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

    @Option(
        help:
            "Show so many of the nearest learned photos for each photo, with their similarity (cosine)."
    )
    var neighbours: Int?

    @Option(
        help: ArgumentHelp(
            "File of embed to look for the nearest photos in (default: those that the run learned from).",
            valueName: "file"
        )
    )
    var embeddings: String?

    @Option(
        help: ArgumentHelp(
            "Name photos by this gallery; no checkpoint is given then, photos alone.",
            valueName: "gallery"
        )
    )
    var gallery: String?

    @Option(
        help: ArgumentHelp(
            "Where the weights are now that the gallery was made with (default: where they were).",
            valueName: "weights"
        )
    )
    var weights: String?

    @Flag(help: "Name a landmark in every photo, whatever threshold calibrate found.")
    var nameAll = false

    @Flag(
        help: """
            Print JSON: [{photo, predictions: [{landmark_id, name, confidence}]}], with --neighbours also \
            neighbours: [{photo, landmark_id, name, similarity}], and once there is a threshold known and score.
            """
    )
    var json = false

    func run() {
        World.launch(threads: network.machine.threads) { world in
            let named = data.map { folder in
                { try openPhotos(folder, holdOut: 0, seed: 0).classes }
            }
            let asked = try photosToAsk(world)
            if let gallery { return try answer(asked, by: gallery, world) }
            let nearest = try neighbours.map { count in
                try NearestPhotos(count, network, embeddings, data: csv == nil ? data : nil, world)
            }
            if let nearest, !nearest.namesItself {
                try world.together { try requireNoHeatMap("a network without a head") }
                return try answer(asked, nearest, world)
            }
            let loaded = try LoadedNetwork(network, world, tells: nearest == nil, names: named)
            let judge = try nameAll ? nil : LandmarkJudge(network, loaded.facts, world)
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
                let photos = PhotoRange(source: asked.photos, range: range)
                var found = try evaluator.run(photos, count: range.count, top: top)
                try judge?.judge(&found, photos, count: range.count)
                for index in found.outcomes.indices { found.outcomes[index].photo += start }
                let near = try nearest?.find(asked.photos, range)
                skipped += found.skipped.count
                mapped += found.outcomes.prefix(HeatMapSheet.mostPhotos - mapped.count)
                try world.together {
                    guard world.isRoot else { return }
                    for photo in found.skipped {
                        Ending.say("rank 0: cannot read \(photo.path): \(photo.reason)")
                    }
                    if submission == nil {
                        try answer(found, asked, loaded.facts.classes, near, &list)
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

    /// Prints what was found about some of the photos.
    func answer(
        _ findings: Evaluator.Findings,
        _ asked: Asked,
        _ classes: ClassIndex,
        _ near: NearestPhotos.Found?,
        _ list: inout JSONList
    ) throws {
        let answers = findings.outcomes.map { outcome in
            PhotoAnswer(
                outcome,
                of: asked.photos,
                classes,
                neighbours: near.map { $0.photos[outcome.photo] ?? [] }
            )
        }
        if json {
            for answer in answers { try StandardOutput.write(try list.next(answer)) }
        } else {
            try StandardOutput.print(answers.flatMap(\.lines))
        }
    }

    /// Ends the list of answers, or writes them as a table.
    func finish(
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
}
