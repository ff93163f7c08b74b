import Foundation
import Training

/// The run that a checkpoint belongs to, judged by where it lies.
struct RunOfCheckpoint {
    let run: RunFolder?

    /// Takes the path of a run folder, or of a checkpoint in its `checkpoints` folder.
    init(_ path: String) {
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        let folder =
            isFolder.boolValue
            ? path
            : URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent()
                .relativePath
        let run = RunFolder(folder)
        self.run = FileManager.default.fileExists(atPath: run.config) ? run : nil
    }

    /// The folder of photos that the run was trained on; nil where there is no run.
    func data() throws -> String? {
        guard let run else { return nil }
        return try run.configuration().data ?? RunPhotos.builtIn(run)
    }
}
