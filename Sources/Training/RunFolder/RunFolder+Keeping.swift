import Files
import Foundation

extension RunFolder {
    /// Makes the folder of a new run and stores its settings.
    ///
    /// Throws `TrainingError.usage` where a run was begun there already, and `FileError`
    /// where the folder cannot be written to.
    public func create(_ configuration: TrainingConfiguration) throws {
        guard !holdsRun else {
            throw TrainingError.usage(
                "\(path) already holds a run; go on with it by --resume \(path) "
                    + "or choose another --output"
            )
        }
        try makeFolders()
        try store(configuration)
    }

    /// Stores the settings that a run goes on with.
    public func store(_ configuration: TrainingConfiguration) throws {
        let file = try DurableFile(config)
        try (configuration.json() + Data("\n".utf8)).withUnsafeBytes { try file.write($0) }
        try file.finish()
    }

    /// Points `latest`, and `best` where it is the best, at the checkpoint of `step`, which must be
    /// there, and removes all but those two and the newest `keep` others.
    public func publish(step: Int, isBest: Bool, keep: Int) throws {
        try point("latest", at: step)
        if isBest { try point("best", at: step) }
        try syncFolder(checkpoints)
        let kept = Set([latest, best].compactMap { $0 })
        let others = steps.sorted(by: >).map { checkpoint(step: $0) }.filter { !kept.contains($0) }
        for old in others.dropFirst(keep) {
            guard remove(old) == 0 || errno == ENOENT else { throw fileError("cannot remove", old) }
        }
    }

    /// Makes the folder ready to go on from the checkpoint of `step`: the links point as they did,
    /// and what a killed run left half written is gone.
    func restore(step: Int, best bestStep: Int?) throws {
        try makeFolders()
        let names = (try? FolderListing.names(in: checkpoints)) ?? []
        for name in names where name.hasSuffix(".partial") || name.hasSuffix(".link") {
            _ = remove(checkpoints + "/" + name)
        }
        guard exists(checkpoint(step: step)) else { return }
        try point("latest", at: step)
        if let bestStep, exists(checkpoint(step: bestStep)) {
            try point("best", at: bestStep)
        }
    }

    private func makeFolders() throws {
        try Files.makeFolders(checkpoints)
        for folder in [path, checkpoints] {
            guard folder.withPathPointer({ access($0, W_OK) }) == 0 else {
                throw fileError("cannot write in", folder)
            }
        }
    }

    private func remove(_ path: String) -> Int32 { path.withPathPointer { unlink($0) } }

    /// Replaces a link in one go, so that it always points somewhere.
    private func point(_ link: String, at step: Int) throws {
        let place = checkpoints + "/" + link
        let new = place + ".link"
        _ = remove(new)
        let made = new.withPathPointer { link in
            symlink(RunFolder.name(step: step), link) == 0
                && place.withPathPointer { rename(link, $0) } == 0
        }
        guard made else {
            throw fileError("cannot write", place)
        }
    }
}
