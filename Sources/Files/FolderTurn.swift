import Foundation

/// The right to replace files of a folder that several processes may want to change: one has it at a time.
///
/// It is a lock of the folder itself (`flock`), which the system gives up with the process, so that nothing is left
/// behind. It is meant to be held for as long as reading and replacing a file takes.
public final class FolderTurn {
    private let descriptor: Int32

    /// Waits until no other process has the right.
    ///
    /// - Parameters:
    ///   - folder: the folder.
    ///   - seconds: how long to wait at most.
    ///   - say: told once where it takes more than a second, or where the file system has no locks.
    /// - Throws: `FileError` where there is no such folder, or where another process keeps it for longer.
    public init(_ folder: String, waiting seconds: Double = 60, say: (String) -> Void = { _ in })
        throws
    {
        descriptor = openFile(folder, O_RDONLY)
        guard descriptor >= 0 else { throw fileError("cannot open", folder) }
        let begin = ContinuousClock.now
        var isTold = false
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            if code == EINTR { continue }
            guard code == EWOULDBLOCK else {
                say(
                    "the file system of \(folder.shown) has no locks (\(reason(code))): let one process at a time "
                        + "change files there"
                )
                return
            }
            let waited = begin.duration(to: .now)
            guard waited < .seconds(seconds) else {
                close(descriptor)
                throw FileError(
                    "another process has changed files in \(folder.shown) for more than \(Int(seconds)) s; wait for it, "
                        + "or end it, and try again"
                )
            }
            if waited > .seconds(1), !isTold {
                isTold = true
                say("another process changes files in \(folder.shown); waiting for it")
            }
            usleep(20_000)
        }
    }

    deinit { close(descriptor) }
}
