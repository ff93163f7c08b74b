import Distributed
import Files
import Images
import Reporting
import Training

/// Which photos are judged, and what is said of them first.
extension Evaluate {
    /// Photos that vote.
    var voters: Int { neighbours ?? 5 }

    /// Throws where there are no votes to count.
    func requireNeighbours() throws {
        try NumberFlag.require(voters, "--neighbours", NumberFlag.neighbours)
        guard neighbours == nil || classifier == .knn else {
            throw TrainingError.usage(
                "--neighbours says how many photos vote with --classifier knn; this one is \(classifier.rawValue)"
            )
        }
    }

    /// The photos with those of --unknown, of which copies of the others are told and left out.
    func withUnknown(
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

    func photoFolder() throws -> String {
        if let data { return data }
        if let data = try RunOfCheckpoint(network.checkpoint).data() { return data }
        guard exists(network.checkpoint) else {
            throw TrainingError.files(
                "no checkpoint or run folder at \(network.checkpoint); check the path"
            )
        }
        throw TrainingError.usage("--data is missing: the folder of photos to evaluate on")
    }

    func open(
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
    func notes(_ chosen: EvaluationPhotos) -> [String] {
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
}
