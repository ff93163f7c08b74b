import Files
import Foundation
import Training

/// The run that a checkpoint belongs to, judged by where it lies.
struct RunOfCheckpoint {
    let run: RunFolder?

    /// Takes the path of a run folder, or of a checkpoint in its `checkpoints` folder.
    init(_ path: String) {
        // By the way from the root: what is above `step-1.safetensors` alone is not in its path.
        let folder =
            isFolder(path) ? path : Path.parent(of: Path.parent(of: Path.absolute(path)))
        let run = RunFolder(folder)
        self.run = exists(run.config) ? run : nil
    }

    /// The folder of photos that the run was trained on; nil where there is no run.
    func data() throws -> String? {
        guard let run else { return nil }
        return try run.configuration().data ?? RunPhotos.builtIn(run)
    }
}
