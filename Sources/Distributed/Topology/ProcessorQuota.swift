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
        guard let text = try? String(contentsOfFile: membership, encoding: .utf8) else {
            return nil
        }
        var least: Double?
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let controllers = parts[1].split(separator: ",")
            let mounts: [String]
            if parts[0] == "0" {
                mounts = [root, root + "/unified"]
            } else if controllers.contains("cpu") {
                mounts = [root + "/cpu", root + "/" + parts[1]]
            } else {
                continue
            }
            for folder in mounts.flatMap({ folders($0, String(parts[2])) }) {
                guard let limit = limit(of: folder) else { continue }
                least = min(least ?? limit, limit)
            }
        }
        return least
    }

    /// The group's folder and all above it; a container sees its own group as the root.
    private static func folders(_ mount: String, _ path: String) -> [String] {
        let names = path.split(separator: "/").map(String.init)
        return (0...names.count).map { ([mount] + names.prefix($0)).joined(separator: "/") }
    }

    private static func limit(of folder: String) -> Double? {
        if let numbers = numbers(folder + "/cpu.max"), numbers.count == 2 {
            return ratio(numbers[0], numbers[1])
        }
        guard let quota = numbers(folder + "/cpu.cfs_quota_us")?.first,
            let period = numbers(folder + "/cpu.cfs_period_us")?.first
        else { return nil }
        return ratio(quota, period)
    }

    /// Quota over period; nil for `max` and −1, which stand for no limit.
    private static func ratio(_ quota: Double?, _ period: Double?) -> Double? {
        guard let quota, let period, quota > 0, period > 0 else { return nil }
        return quota / period
    }

    private static func numbers(_ path: String) -> [Double?]? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        return text.split(whereSeparator: \.isWhitespace).map { Double($0) }
    }
}
