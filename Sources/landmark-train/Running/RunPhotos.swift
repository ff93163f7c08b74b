import Distributed
import Images
import Reporting
import Training

/// The photos of a run: a folder's, or built-in landmarks below the run folder.
enum RunPhotos {
    /// Where the built-in landmarks of a run lie.
    static func builtIn(_ run: RunFolder) -> String { run.path + "/photos" }

    /// Opens the photos on all ranks; built-in ones are rendered by rank 0 where they are missing.
    static func open(
        _ settings: TrainingConfiguration,
        _ run: RunFolder,
        _ world: World
    ) throws -> LoadedPhotos {
        if let data = settings.data {
            return try world.together {
                try openPhotos(data, holdOut: settings.holdOut, seed: settings.seed)
            }
        }
        let folder = builtIn(run)
        let set = LandmarkSet(seed: settings.seed)
        try world.together {
            guard world.isRoot else { return }
            let terminal = Terminal.standardError
            let total = set.trainingPhotos + set.testPhotos
            _ = try openBuiltIn(in: folder, set, threads: world.topology.allowedProcessors) {
                let terminal = Terminal.standardError
                terminal.replace(
                    "drawing built-in landmarks \(Figures.grouped($0))/\(Figures.grouped(total))"
                )
            }
            terminal.replace("")
        }
        return try world.together { try openBuiltIn(in: folder, set, threads: 1) }
    }
}
