import Foundation

/// Memory of this node that the ranks on it can still come to hold.
public struct NodeMemory: Sendable, Equatable {
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
