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
