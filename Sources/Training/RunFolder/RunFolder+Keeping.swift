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
        try publish(step: step, isBest: isBest, keep: keep, symlink: CheckpointLink.symlink)
    }

    /// The same on a file system of another kind.
    ///
    /// - Parameter symlink: makes a symbolic link at a path, as the system's call does.
    package func publish(
        step: Int,
        isBest: Bool,
        keep: Int,
        symlink: (_ target: String, _ path: String) -> Int32
    ) throws {
        let name = RunFolder.name(step: step)
        try link("latest").point(at: name, symlink: symlink)
        if isBest { try link("best").point(at: name, symlink: symlink) }
        try syncFolder(checkpoints)
        let kept = Set([latest, best].compactMap { $0 })
        let others = steps.sorted(by: >).map { checkpoint(step: $0) }.filter { !kept.contains($0) }
        for old in others.dropFirst(keep) {
            guard remove(old) == 0 || errno == ENOENT else { throw fileError("cannot remove", old) }
        }
    }

    /// Points `latest` at the checkpoint of `step`, which may not be on the disk yet; nothing is removed.
    func pointLatest(at step: Int) throws {
        try link("latest").point(at: RunFolder.name(step: step))
    }

    /// Makes the folder ready to go on from the checkpoint of `step`: the links point as they did,
    /// later checkpoints are out of the way, and what a killed run left half written is gone.
    ///
    /// - Returns: what a user should know of it, in sentences.
    func restore(step: Int, best bestStep: Int?) throws -> [String] {
        try makeFolders()
        let names = (try? FolderListing.names(in: checkpoints)) ?? []
        for name in names where name.hasSuffix(".partial") || name.hasSuffix(".link") {
            _ = remove(checkpoints + "/" + name)
        }
        var remarks = try [setAside(after: step)].compactMap { $0 }
        guard exists(checkpoint(step: step)) else { return remarks }
        try link("latest").point(at: RunFolder.name(step: step))
        if let bestStep, exists(checkpoint(step: bestStep)) {
            try link("best").point(at: RunFolder.name(step: bestStep))
        } else {
            link("best").remove()
            if let bestStep {
                remarks.append(
                    "the checkpoint of step \(bestStep), the best until then, is gone; the next that "
                        + "is better becomes `best`"
                )
            }
        }
        return remarks
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

    /// Bytes a second that a process can write to files of the run, before they are on the disk; nil where it
    /// cannot.
    ///
    /// Tried with 32 MiB, which are gone afterwards.
    public func writeRate() -> Double? {
        let bytes = [UInt8](repeating: 1, count: 4 << 20)
        let begin = ContinuousClock.now
        do {
            // A file that is not finished leaves nothing behind.
            let file = try DurableFile(checkpoints + "/rate")
            for _ in 0..<8 { try bytes.withUnsafeBytes { try file.write($0) } }
        } catch {
            return nil
        }
        return Double(8 * bytes.count) / max((ContinuousClock.now - begin).seconds, 1e-9)
    }
}
