import Files
import Foundation

/// The process that trains in a run folder, as it wrote itself down in the folder's `lock.json`.
public struct RunOwner: Codable, Sendable, Equatable {
    /// Its machine or container.
    public var host: String
    /// Its number there.
    public var process: Int32
    /// Who started it.
    public var user: String
    /// When it took the folder, as ISO 8601.
    public var since: String
    /// When the process was started, in ticks since the kernel's start; a later process of the same
    /// number has another; nil where the system does not tell.
    var started: UInt64?
    /// The start of the kernel that it runs on: equal on one machine until that is started anew.
    var boot: String?
    /// The space of process numbers, of which a machine has one and each container its own.
    var space: String?
    /// The file that this stands in; a copy of the file is another.
    var file: UInt64

    /// This process, as owner in the file number `file`.
    init(file: UInt64) {
        host = ProcessInfo.processInfo.hostName
        process = getpid()
        user = RunOwner.userName
        since = Date().formatted(.iso8601)
        started = RunOwner.start(of: process)
        boot = RunOwner.kernel
        space = Path.linkTarget(of: "/proc/self/ns/pid")
        self.file = file
    }

    /// Whether this process shares the kernel with the owner: their locks on files meet.
    var sharesKernel: Bool {
        guard let own = RunOwner.kernel, let boot else {
            return host == ProcessInfo.processInfo.hostName
        }
        return own == boot
    }

    /// Whether the owner's number means the same process here.
    public var isHere: Bool {
        sharesKernel && space == Path.linkTarget(of: "/proc/self/ns/pid")
    }

    /// Whether the process still runs, where it `isHere`.
    public var isRunning: Bool {
        // A number that is none of a process would mean this process or all.
        guard process > 0, kill(process, 0) == 0 || errno == EPERM else { return false }
        guard let started, RunOwner.kernel != nil else { return true }
        return RunOwner.start(of: process) == started
    }

    /// Sends a signal to the process, where it `isHere` and `isRunning`.
    ///
    /// - Returns: whether it was sent.
    public func signal(_ number: Int32) -> Bool { isRunning && kill(process, number) == 0 }

    /// The owner in a sentence.
    public var description: String { "process \(process) of \(user) on \(host)".shown }

    /// Name of the user of this process, or its number where it has none.
    static var userName: String {
        guard let entry = getpwuid(geteuid()) else { return "user \(geteuid())" }
        return String(cString: entry.pointee.pw_name)
    }

    private static var kernel: String? {
        text("/proc/sys/kernel/random/boot_id")?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// When a process was started; nil where there is none, or only what is left of one that ended.
    private static func start(of process: Int32) -> UInt64? {
        // The second field is the program's name in brackets, which may hold anything.
        guard let line = text("/proc/\(process)/stat"), let name = line.lastIndex(of: ")") else {
            return nil
        }
        let fields = line[line.index(after: name)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }

    private static func text(_ path: String) -> String? {
        guard let data = try? contents(of: path) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }
}
