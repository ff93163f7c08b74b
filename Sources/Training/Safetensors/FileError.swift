import Foundation

/// What went wrong with a file, from `errno`, and what can be done.
///
/// - Parameter deed: what was tried, such as "cannot write".
func fileError(_ deed: String, _ path: String, _ code: Int32 = errno) -> TrainingError {
    let reason = String(cString: strerror(code))
    let advice =
        switch code {
        case ENOSPC, EDQUOT: "free some space or choose another --output"
        case EROFS, EACCES, EPERM: "check its permissions or choose another folder"
        case ENOENT, ENOTDIR: "check the path"
        case ELOOP, ENAMETOOLONG: "choose another path"
        default: "check the disk"
        }
    return .files("\(deed) \(path): \(reason); \(advice)")
}

/// Makes what was done in a folder, such as renaming a file, outlast a power failure.
func syncFolder(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw fileError("cannot open", path) }
    defer { close(descriptor) }
    // Some file systems refuse to sync a folder; they have nothing to lose then.
    guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP else {
        throw fileError("cannot sync", path)
    }
}

/// The folder that holds `path`.
func folder(of path: String) -> String {
    let folder = (path as NSString).deletingLastPathComponent
    return folder.isEmpty ? "." : folder
}
