import Files
import Foundation
import Synchronization
import Tensors

/// The right to write in a run folder, which one process has at a time.
///
/// `lock.json` in the folder names the owner. Where the file system has locks of files (`flock`), the
/// owner holds one, which the system gives up with the process. Elsewhere, and between machines whose
/// locks do not meet, the owner counts as alive while it touches the file, which a thread does as long
/// as the process runs. The same thread looks whether somebody wants the run to end
/// (`landmark-train stop`), and whether the folder was taken away in the meantime: from a process that
/// was halted, or by hand. Whoever lost the folder writes nothing more.
public final class RunLock: Sendable {
    /// How often the owner does what, in seconds.
    package struct Pace: Sendable {
        /// Between looks at the file.
        package var look = 1.0
        /// Between signs of life.
        package var beat = 10.0
        /// Without a sign of life until an owner on another machine counts as gone.
        package var gone = 60.0
        /// Until one of several that take a file without locks at once has won.
        package var settling = 0.5

        /// The usual pace.
        package init() {}
    }

    private let keeper: Keeper
    private let made: [String]

    /// Takes the folder of `run`, making it where it is missing.
    ///
    /// - Parameters:
    ///   - takingOver: take it even from an owner on another machine that may be alive; that owner ends
    ///     when it notices.
    ///   - say: told why this takes long, or what was found.
    ///   - asked: told on another thread when somebody wants the run to end.
    /// - Throws: `TrainingError.owned` where another process has it, `FileError` where the folder cannot
    ///   be written to.
    public static func take(
        _ run: RunFolder,
        takingOver: Bool = false,
        say: (String) -> Void = { _ in },
        asked: @escaping @Sendable () -> Void = {}
    ) throws -> RunLock {
        try RunLock(run, takingOver: takingOver, pace: Pace(), say: say, asked: asked)
    }

    /// Takes the folder at another pace, or on a file system of another kind.
    ///
    /// - Parameter lock: locks an open file for this process; 0 or what is wrong.
    package init(
        _ run: RunFolder,
        takingOver: Bool = false,
        pace: Pace,
        lock: @escaping (Int32) -> Int32 = RunLock.lock,
        say: (String) -> Void = { _ in },
        asked: @escaping @Sendable () -> Void = {}
    ) throws {
        made = RunLock.missing(run.path)
        let claim = RunClaim(run, takingOver, pace, lock: lock)
        do {
            let (descriptor, line) = try claim.take(say)
            keeper = Keeper(run, descriptor, line, pace, asked)
        } catch {
            RunLock.remove(made)
            throw error
        }
        keeper.start()
    }

    deinit { release() }

    /// Throws where the folder was taken away, as far as that was noticed.
    public func check() throws { try keeper.check() }

    /// Looks whether the folder is still this process's, and throws where it is not.
    public func verify() throws {
        keeper.look()
        try keeper.check()
    }

    /// Gives the folder back; one that was made for a run which never began is gone again.
    public func release() {
        keeper.end()
        RunLock.remove(made)
    }

    /// Who trains in the folder of `run`, and what is known of that process; nil = nobody.
    public static func standing(_ run: RunFolder) throws -> Standing? {
        let file = LockFile(path: run.lock)
        guard let content = try file.read(), let owner = content.owner, !content.isCopy else {
            return nil
        }
        guard !owner.isHere else {
            return Standing(owner: owner, isAlive: owner.isRunning, silence: 0)
        }
        let age = file.age(content)
        return Standing(owner: owner, isAlive: age < Pace().gone, silence: max(0, age))
    }

    /// What is known of the process that wrote itself down as owner.
    public struct Standing: Sendable {
        /// The process.
        public var owner: RunOwner
        /// Whether it runs; on another machine, whether it gave a sign of life in the last minute.
        public var isAlive: Bool
        /// Seconds since its last sign of life; 0 on this machine, where one can look.
        public var silence: Double
    }

    /// Leaves word for the owner of `run` that its run shall end with a checkpoint.
    ///
    /// - Throws: `FileError` where that cannot be written.
    public static func askToStop(_ run: RunFolder) throws {
        try LockFile(path: run.lock).ask(
            "\(RunOwner.userName) on \(ProcessInfo.processInfo.hostName)"
        )
    }

    /// Locks an open file for this process.
    ///
    /// - Returns: 0 or what is wrong.
    package static func lock(_ descriptor: Int32) -> Int32 {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno != EINTR { return errno }
        }
        return 0
    }

    /// The folders on the way to `path` that are not there, the lowest first.
    private static func missing(_ path: String) -> [String] {
        var folders: [String] = []
        var path = path
        while !exists(path) {
            folders.append(path)
            let parent = Path.parent(of: path)
            guard parent != path else { break }
            path = parent
        }
        return folders
    }

    /// Removes folders as far as they are empty.
    private static func remove(_ folders: [String]) {
        for folder in folders where folder.withPathPointer({ rmdir($0) }) != 0 { return }
    }
}

/// The thread that gives signs of life for an owner and sees what others want of it.
private final class Keeper: Sendable {
    private let run: RunFolder
    private let file: LockFile
    private let line: Data
    private let pace: RunLock.Pace
    private let asked: @Sendable () -> Void
    private let state: Mutex<State>
    private let bell = NSCondition()

    private struct State {
        /// The open file, which holds the lock; nil once the folder is given back.
        var descriptor: Int32?
        var wasAsked = false
        /// Whose the folder is now, once it was lost.
        var thief: String?
    }

    init(
        _ run: RunFolder,
        _ descriptor: Int32,
        _ line: Data,
        _ pace: RunLock.Pace,
        _ asked: @escaping @Sendable () -> Void
    ) {
        self.run = run
        file = LockFile(path: run.lock)
        self.line = line
        self.pace = pace
        self.asked = asked
        state = Mutex(State(descriptor: descriptor))
    }

    func start() {
        Shortage.startThread("landmark-lock") { [self] in
            var touched = ContinuousClock.now
            while rest() {
                look()
                guard (ContinuousClock.now - touched).seconds >= pace.beat else { continue }
                touched = .now
                touch()
            }
        }
    }

    /// Sleeps until the next look.
    ///
    /// - Returns: false once the folder is given back.
    private func rest() -> Bool {
        bell.lock()
        defer { bell.unlock() }
        guard state.withLock({ $0.descriptor }) != nil else { return false }
        _ = bell.wait(until: Date(timeIntervalSinceNow: pace.look))
        return state.withLock { $0.descriptor } != nil
    }

    private func touch() {
        state.withLock { state in
            guard let descriptor = state.descriptor, state.thief == nil else { return }
            futimens(descriptor, nil)
        }
    }

    /// Sees whether the folder is still the owner's, and whether somebody wants the run to end.
    func look() {
        let content: LockFile.Content?
        // What cannot be read now, on a server that does not answer, says nothing.
        do { content = try file.read() } catch { return }
        let isWish = state.withLock { state in
            guard state.descriptor != nil, state.thief == nil else { return false }
            guard let content, content.line == line else {
                state.thief = content?.owner?.description ?? "somebody who removed \(file.path)"
                return false
            }
            guard content.request != nil, !state.wasAsked else { return false }
            state.wasAsked = true
            return true
        }
        if isWish { asked() }
    }

    func check() throws {
        guard let thief = state.withLock({ $0.thief }) else { return }
        throw TrainingError.owned(
            "\(run.path) was taken over by \(thief) while this run had it; this process ends and "
                + "leaves everything in it as it is"
        )
    }

    func end() {
        look()
        bell.lock()
        let (descriptor, isOwn) = state.withLock { state in
            defer { state.descriptor = nil }
            return (state.descriptor, state.thief == nil)
        }
        bell.signal()
        bell.unlock()
        guard let descriptor else { return }
        // Removed while it is locked: whoever opened it before finds that it has lost its name.
        if isOwn { file.remove() }
        close(descriptor)
    }
}
