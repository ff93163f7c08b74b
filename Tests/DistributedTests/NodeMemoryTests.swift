import Distributed
import Foundation
import Testing

@Suite struct NodeMemoryTests {
    private static let node = "MemTotal: 8000 kB\nMemAvailable: 4000 kB\nSwapFree: 100 kB\n"

    /// Reads the memory of a process in `membership` under made-up files.
    private func memory(
        _ membership: String,
        _ files: [String: String],
        node: String = NodeMemoryTests.node
    ) throws -> NodeMemory? {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("memory-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let all = files.merging(["groups": membership, "meminfo": node]) { own, _ in own }
        for (path, text) in all {
            let file = folder.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        return NodeMemory.read(
            node: folder.path + "/meminfo",
            membership: folder.path + "/groups",
            root: folder.path
        )
    }

    @Test func withoutGroupsTheNodeCounts() throws {
        let all = try memory("0::/\n", ["memory.max": "max\n"])
        #expect(all?.available == 4100 * 1024)
        #expect(all?.isLimitedByGroup == false)
        #expect(try memory("", [:], node: "nothing\n") == nil)
        #expect((NodeMemory.read()?.available ?? 0) > 0)
    }

    @Test func theTightestGroupCounts() throws {
        let files = [
            "job/memory.max": "2000000\n", "job/memory.current": "900000\n",
            "job/memory.stat": "anon 5\ninactive_file 100000\nactive_file 50000\n",
            "job/memory.swap.max": "0\n",
            "job/step/memory.max": "max\n", "memory.max": "3000000\n",
        ]
        let step = try memory("0::/job/step\n", files)
        #expect(step?.available == 2_000_000 - 900_000 + 150_000)
        #expect(step?.isLimitedByGroup == true)
        // Where swap is not limited, the node's counts.
        #expect(try memory("0::/\n", files)?.available == 3_000_000 + 100 * 1024)
        #expect(try memory("0::/\n", ["memory.max": "9000000000\n"])?.isLimitedByGroup == false)
    }

    @Test func theFirstVersionHasItsOwnFiles() throws {
        let files = [
            "memory/pod/memory.limit_in_bytes": "1000000\n",
            "memory/pod/memory.usage_in_bytes": "600000\n",
            "memory/pod/memory.stat": "total_inactive_file 1000\ninactive_file 7\n",
            "memory/memory.limit_in_bytes": "9223372036854771712\n",
        ]
        let pod = try memory("5:memory:/pod\n0::/\n", files)
        #expect(pod?.available == 1_000_000 - 600_000 + 1000 + 100 * 1024)
        #expect(try memory("5:memory:/\n", files)?.isLimitedByGroup == false)
    }

    @Test func aFullGroupHasNothingLeft() throws {
        let files = [
            "memory.max": "1000\n", "memory.current": "5000\n", "memory.swap.max": "0\n",
        ]
        #expect(try memory("0::/\n", files)?.available == 0)
    }
}
