import Files
import Foundation

/// How a process comes to own a run folder: exactly one of those that try at once.
struct RunClaim {
    private let run: RunFolder
    private let file: LockFile
    private let takesOver: Bool
    private let pace: RunLock.Pace
    private let lock: (Int32) -> Int32

    /// What the system's lock of the file says.
    private enum Hold {
        /// This process has it.
        case own
        /// Another, which is alive, has it.
        case others
        /// The file system has no such locks.
        case unknown
    }

    init(
        _ run: RunFolder,
        _ takesOver: Bool,
        _ pace: RunLock.Pace,
        lock: @escaping (Int32) -> Int32
    ) {
        self.run = run
        file = LockFile(path: run.lock)
        self.takesOver = takesOver
        self.pace = pace
        self.lock = lock
    }

    /// Takes the file.
    ///
    /// - Returns: the open file, which holds the lock, and the line in it.
    func take(_ say: (String) -> Void) throws -> (descriptor: Int32, line: Data) {
        // Another try where the file vanished or was replaced between two looks at it.
        for _ in 0..<100 {
            try makeFolders(run.path)
            guard let (descriptor, isNew) = try open() else { continue }
            do {
                if let line = try take(descriptor, isNew, say) { return (descriptor, line) }
                close(descriptor)
            } catch {
                close(descriptor)
                throw error
            }
        }
        throw TrainingError.owned("\(run.path) is taken and left over and over; try again later")
    }

    private func open() throws -> (descriptor: Int32, isNew: Bool)? {
        let new = openFile(file.path, O_RDWR | O_CREAT | O_EXCL)
        if new >= 0 { return (new, true) }
        guard errno == EEXIST else {
            if errno == ENOENT { return nil }
            throw fileError("cannot write", file.path)
        }
        let old = openFile(file.path, O_RDWR)
        if old >= 0 { return (old, false) }
        guard errno == EACCES || errno == EPERM, let owner = try file.read()?.owner else {
            if errno == ENOENT { return nil }
            throw fileError("cannot write", file.path)
        }
        throw TrainingError.owned(
            "\(run.path) was left by \(owner.description), whose files this user may not change; "
                + "copy the run and go on with the copy"
        )
    }

    /// - Returns: nil where another try is due.
    private func take(
        _ descriptor: Int32,
        _ isNew: Bool,
        _ say: (String) -> Void
    ) throws -> Data? {
        let code = lock(descriptor)
        let hold: Hold = code == 0 ? .own : code == EWOULDBLOCK ? .others : .unknown
        guard file.isNamed(descriptor) else { return nil }
        let content = try settled(descriptor, isNew: isNew && hold != .others)
        guard let owner = content.owner, !content.isCopy else {
            // A file that nobody filled is nobody's, unless somebody has locked it.
            guard hold != .others else { throw refusal(content.owner) }
            return try write(descriptor, isOwn: isNew || hold == .own)
        }
        switch hold {
        case .others:
            guard takesOver, !owner.sharesKernel else { throw refusal(owner) }
            file.remove()
            return nil
        case .own where owner.sharesKernel: break
        case .unknown where owner.isHere:
            guard !owner.isRunning else { throw refusal(owner) }
        default:
            if !takesOver, try !isGone(owner, content, say) { return nil }
        }
        say(
            "\(run.path.shown) was left by \(owner.description), which is gone; this run takes it over"
        )
        return try write(descriptor, isOwn: hold == .own)
    }

    /// What is in the file, once whoever made it has had the time to write it.
    private func settled(_ descriptor: Int32, isNew: Bool) throws -> LockFile.Content {
        var content = try file.read(descriptor)
        for _ in 0..<50 where !isNew && content.owner == nil {
            usleep(20_000)
            content = try file.read(descriptor)
        }
        return content
    }

    /// Waits until the owner, on another machine, gave no sign of life for long enough; throws once it
    /// gives one.
    ///
    /// - Returns: false where the owner left the folder in the meantime.
    private func isGone(
        _ owner: RunOwner,
        _ content: LockFile.Content,
        _ say: (String) -> Void
    ) throws -> Bool {
        let age = file.age(content)
        guard age < pace.gone else { return true }
        say(
            "\(run.path.shown) belongs to \(owner.description); waiting up to "
                + "\(Int((pace.gone - max(age, 0)).rounded(.up))) s for a sign of life"
        )
        let begin = ContinuousClock.now
        while (ContinuousClock.now - begin).seconds < pace.gone - max(age, 0) {
            usleep(useconds_t(min(pace.look, 1) * 1e6))
            guard let now = try file.read(), now.line == content.line else { return false }
            guard now.touched == content.touched || now.request != content.request else {
                throw refusal(owner)
            }
        }
        return true
    }

    private func write(_ descriptor: Int32, isOwn: Bool) throws -> Data? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw fileError("cannot read", file.path) }
        if isOwn { return try file.write(RunOwner(file: UInt64(status.st_ino)), to: descriptor) }
        return try replace(descriptor)
    }

    /// Puts a file of its own in place of one that cannot be locked; of several that do so at once the
    /// last stays.
    private func replace(_ descriptor: Int32) throws -> Data? {
        let new = "\(file.path).\(UInt64.random(in: 0 ... .max))"
        let other = openFile(new, O_RDWR | O_CREAT | O_TRUNC)
        guard other >= 0 else { throw fileError("cannot write", new) }
        defer { close(other) }
        var status = stat()
        guard fstat(other, &status) == 0 else { throw fileError("cannot read", new) }
        let line = try file.write(RunOwner(file: UInt64(status.st_ino)), to: other)
        guard new.withPathPointer({ new in file.path.withPathPointer { rename(new, $0) } }) == 0
        else { throw fileError("cannot write", file.path) }
        usleep(useconds_t(pace.settling * 1e6))
        guard let content = try file.read(), content.line == line else {
            throw refusal(try file.read()?.owner)
        }
        // The caller goes on with the descriptor it has; it shall be the new file's.
        guard dup2(other, descriptor) >= 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
            throw fileError("cannot open", file.path)
        }
        return line
    }

    private func refusal(_ owner: RunOwner?) -> TrainingError {
        guard let owner else {
            return .owned("\(run.path) was just taken by another process; choose another --output")
        }
        let wayOut =
            owner.sharesKernel
            ? "" : "; if that machine is gone for good, go on with --take-over"
        return .owned(
            "\(run.path) belongs to \(owner.description), which took it at \(owner.since.shown); "
                + "wait for it, end it with landmark-train stop \(run.path), or choose another "
                + "folder\(wayOut)"
        )
    }
}
