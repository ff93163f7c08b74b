import Distributed
import Foundation
import Testing

@Suite struct ProcessorQuotaTests {
    /// Reads the quota of a process in `membership` under made-up control group files.
    private func quota(_ membership: String, _ files: [String: String]) throws -> Double? {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("quota-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for (path, text) in files {
            let file = folder.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let list = folder.appendingPathComponent("membership")
        try membership.write(to: list, atomically: true, encoding: .utf8)
        return ProcessorQuota.read(membership: list.path, root: folder.path)
    }

    @Test func theUnifiedHierarchyLimitsByTheTightestGroup() throws {
        let files = [
            "job/cpu.max": "400000 100000\n", "job/step/cpu.max": "max 100000\n",
            "cpu.max": "max 100000\n",
        ]
        #expect(try quota("0::/job/step\n", files) == 4)
        #expect(try quota("0::/\n", ["cpu.max": "150000 100000\n"]) == 1.5)
        #expect(try quota("0::/\n", ["cpu.max": "max 100000\n"]) == nil)
    }

    @Test func theFirstHierarchyHasItsOwnFiles() throws {
        let files = [
            "cpu/pod/cpu.cfs_quota_us": "200000\n", "cpu/pod/cpu.cfs_period_us": "100000\n",
            "cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n",
        ]
        #expect(try quota("4:memory:/m\n3:cpu,cpuacct:/pod\n0::/\n", files) == 2)
        #expect(try quota("3:cpuset:/pod\n", files) == nil)
    }

    @Test func noFilesAreNoLimit() throws {
        #expect(try quota("0::/job\n", [:]) == nil)
        #expect(ProcessorQuota.read(membership: "/nowhere", root: "/nowhere") == nil)
    }
}
