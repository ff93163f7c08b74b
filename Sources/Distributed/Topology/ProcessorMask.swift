import Foundation

/// The processors that this process may run on, as the kernel numbers them.
public enum ProcessorMask {
    /// The process's processors, narrowed by mpirun's binding, a scheduler's cpuset or `taskset`;
    /// all that are switched on where the kernel does not tell.
    public static func allowed(status: String = "/proc/self/status") -> [Int] {
        let text = (try? String(contentsOfFile: status, encoding: .utf8)) ?? ""
        let name = "Cpus_allowed_list:"
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            let list = parse(line.dropFirst(name.count).trimmingCharacters(in: .whitespaces))
            if let list, !list.isEmpty { return list }
        }
        return Array(0..<max(online, 1))
    }

    /// The numbers in a list such as `0-3,8`; nil where it is none.
    public static func parse(_ list: String) -> [Int]? {
        var numbers: [Int] = []
        for part in list.split(separator: ",") {
            let ends = part.split(separator: "-").map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last,
                ends.count <= 2
            else { return nil }
            numbers += first...last
        }
        return numbers
    }

    /// Sorts processors so that those of a core are side by side, and cores of a package; the kernel may
    /// number all first threads of cores before the second ones.
    ///
    /// - Parameter devices: the kernel's folder of processors; one it does not tell of keeps its number
    ///   as its core.
    public static func byCore(
        _ processors: [Int],
        devices: String = "/sys/devices/system/cpu"
    ) -> [Int] {
        let places = processors.map { processor in
            let folder = "\(devices)/cpu\(processor)/topology/"
            return (
                package: number(folder + "physical_package_id") ?? 0,
                core: number(folder + "core_id") ?? processor,
                processor: processor
            )
        }
        return places.sorted { $0 < $1 }.map(\.processor)
    }

    private static func number(_ path: String) -> Int? {
        let text = try? String(contentsOfFile: path, encoding: .utf8)
        return text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// Processors of the node that are switched on.
    public static var online: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }
}
