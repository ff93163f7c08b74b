import Files
import Foundation

/// A name among the checkpoints of a run that stands for one of them: a relative symbolic link or,
/// where the file system has none (FAT, some shares), a small file with the checkpoint's name.
struct CheckpointLink {
    /// The folder of checkpoints.
    let folder: String
    /// `latest` or `best`.
    let name: String

    /// Longest text that is taken for a name.
    private static let longest = 255

    private var path: String { folder + "/" + name }

    /// The checkpoint that is meant, where it is there.
    var target: String? {
        guard let name = Path.linkTarget(of: path) ?? text, !name.isEmpty else { return nil }
        let target = Path.joined(folder, name)
        return exists(target) ? target : nil
    }

    /// The name in a small file; nil where `path` is something else, such as a checkpoint that a copy
    /// of the run put in place of its link.
    private var text: String? {
        var status = stat()
        guard path.withPathPointer({ stat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_size <= CheckpointLink.longest,
            let data = try? contents(of: path)
        else { return nil }
        let name = String(pathBytes: data).trimmingCharacters(in: .whitespacesAndNewlines)
        return RunFolder.step(name: name) == nil ? nil : name
    }

    /// Lets the name stand for the checkpoint called `target`; in one go, so that it always stands for
    /// one.
    ///
    /// - Throws: `FileError` where neither a link nor a file can be made.
    func point(
        at target: String,
        symlink: (_ target: String, _ path: String) -> Int32 = CheckpointLink.symlink
    ) throws {
        let new = path + ".link"
        remove(new)
        guard symlink(target, new) == 0 else {
            guard [EPERM, EOPNOTSUPP, ENOTSUP, ENOSYS].contains(errno) else {
                throw fileError("cannot write", path)
            }
            let file = try DurableFile(path)
            try Data((target + "\n").utf8).withUnsafeBytes { try file.write($0) }
            return try file.finish()
        }
        guard new.withPathPointer({ new in path.withPathPointer { rename(new, $0) } }) == 0 else {
            throw fileError("cannot write", path)
        }
    }

    /// Makes a symbolic link at `path` as the system's call does.
    static func symlink(_ target: String, _ path: String) -> Int32 {
        path.withPathPointer { Foundation.symlink(target, $0) }
    }

    /// Lets the name stand for nothing.
    func remove() { remove(path) }

    private func remove(_ path: String) { _ = path.withPathPointer { unlink($0) } }
}
