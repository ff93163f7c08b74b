import Foundation

/// How much processor time the control groups of this process allow, as containers set it.
public enum ProcessorQuota {
    /// Processors' worth of time, the least over the process's groups and those above them; nil
    /// where there is no limit.
    ///
    /// - Parameters:
    ///   - membership: the kernel's list of groups.
    ///   - root: where the group file system is mounted.
    public static func read(
        membership: String = "/proc/self/cgroup",
        root: String = "/sys/fs/cgroup"
    ) -> Double? {
        ControlGroups("cpu", membership: membership, root: root)?.folders
            .compactMap(limit(of:)).min()
    }

    private static func limit(of folder: String) -> Double? {
        if let numbers = ControlGroups.numbers(folder + "/cpu.max"), numbers.count == 2 {
            return ratio(numbers[0], numbers[1])
        }
        guard let quota = ControlGroups.numbers(folder + "/cpu.cfs_quota_us")?.first,
            let period = ControlGroups.numbers(folder + "/cpu.cfs_period_us")?.first
        else { return nil }
        return ratio(quota, period)
    }

    /// Quota over period; nil for `max` and −1, which stand for no limit.
    private static func ratio(_ quota: Double?, _ period: Double?) -> Double? {
        guard let quota, let period, quota > 0, period > 0 else { return nil }
        return quota / period
    }
}

/// Memory of this node that the ranks on it can still come to hold.
public struct NodeMemory: Codable, Sendable, Equatable {
    /// Bytes that are free or could be made free, with those of the swap.
    public let available: Int
    /// Whether a control group, as of a container or a job, leaves less than the node has.
    public let isLimitedByGroup: Bool

    /// Asks the system; nil where it does not tell.
    ///
    /// - Parameters:
    ///   - node: the kernel's figures of the node's memory.
    ///   - membership: the kernel's list of groups.
    ///   - root: where the group file system is mounted.
    public static func read(
        node: String = "/proc/meminfo",
        membership: String = "/proc/self/cgroup",
        root: String = "/sys/fs/cgroup"
    ) -> NodeMemory? {
        func kilobytes(_ name: String) -> Double? {
            ControlGroups.number(name, in: node).map { $0 * 1024 }
        }
        let swap = kilobytes("SwapFree:") ?? 0
        let whole = kilobytes("MemAvailable:").map { $0 + swap }
        let groups = ControlGroups("memory", membership: membership, root: root)?.folders ?? []
        let least = groups.compactMap { left(in: $0, swap: swap) }.min()
        guard let bytes = [whole, least].compactMap({ $0 }).min() else { return nil }
        return NodeMemory(
            available: Int(max(bytes, 0)),
            isLimitedByGroup: least.map { $0 <= bytes } ?? false
        )
    }

    /// Bytes of addresses that this process may still come to use, as `ulimit -v` sets it; nil where
    /// there is no limit.
    public static func addressesLeft() -> Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_AS.rawValue)), &limit) == 0,
            limit.rlim_cur < 1 << 60
        else { return nil }
        let used = ControlGroups.number("VmSize:", in: "/proc/self/status") ?? 0
        return max(0, Int(limit.rlim_cur) - Int(used) * 1024)
    }

    /// Bytes that a group has left, what it holds of files counted as free; nil where it has no limit.
    ///
    /// - Parameter swap: bytes free in the node's swap.
    private static func left(in folder: String, swap: Double) -> Double? {
        func first(_ name: String) -> Double? {
            ControlGroups.numbers(folder + "/" + name)?.first ?? nil
        }
        func files(_ prefix: String) -> Double {
            ["inactive_file", "active_file"].reduce(0) {
                $0 + (ControlGroups.number(prefix + $1, in: folder + "/memory.stat") ?? 0)
            }
        }
        if let limit = first("memory.max") {
            let swap = first("memory.swap.max").map { min($0, swap) } ?? swap
            return limit - (first("memory.current") ?? 0) + files("") + swap
        }
        // The first version of groups writes a number near 2⁶³ for no limit.
        guard let limit = first("memory.limit_in_bytes"), limit < 0x1p60 else { return nil }
        return limit - (first("memory.usage_in_bytes") ?? 0) + files("total_") + swap
    }
}

/// The control groups that this process is in, which containers and batch systems limit it by.
struct ControlGroups {
    /// Folders of the groups and of those above them, whether they are there or not.
    let folders: [String]

    /// Finds the groups that may limit what a controller counts.
    ///
    /// - Parameters:
    ///   - controller: its name in the first version of control groups, such as `cpu`.
    ///   - membership: the kernel's list of groups; nil is returned where there is none.
    ///   - root: where the group file system is mounted.
    init?(_ controller: String, membership: String, root: String) {
        guard let text = try? String(contentsOfFile: membership, encoding: .utf8) else {
            return nil
        }
        var found: [String] = []
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let mounts: [String]
            if parts[0] == "0" {
                mounts = [root, root + "/unified"]
            } else if parts[1].split(separator: ",").contains(Substring(controller)) {
                mounts = [root + "/" + controller, root + "/" + parts[1]]
            } else {
                continue
            }
            // A container sees its own group as the root.
            let names = parts[2].split(separator: "/").map(String.init)
            for mount in mounts {
                found += (0...names.count).map {
                    ([mount] + names.prefix($0)).joined(separator: "/")
                }
            }
        }
        folders = found
    }

    /// The words of a group's file as numbers, nil for `max` and other words; nil where there is no file.
    static func numbers(_ path: String) -> [Double?]? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        return text.split(whereSeparator: \.isWhitespace).map { Double($0) }
    }

    /// The number behind a word at the start of a line, as in `memory.stat` and `/proc/meminfo`.
    static func number(_ name: String, in path: String) -> Double? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first {
            $0.split(whereSeparator: \.isWhitespace).first == Substring(name)
        }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }
    }
}
