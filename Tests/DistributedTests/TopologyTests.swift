import Distributed
import Foundation
import TestSupport
import Testing

@Suite struct TopologyTests {
    @Test func boundRanksUseTheirOwnProcessors() {
        let masks = [[0, 1], [2, 3], [4, 5, 6, 7]]
        #expect(
            masks.map { Topology.threads(mask: $0, neighbours: masks, quota: nil) } == [2, 2, 4]
        )
    }

    @Test(arguments: [(1, 8), (2, 4), (3, 2), (4, 2), (8, 1), (11, 1)])
    func unboundRanksShareTheNode(ranks: Int, threads: Int) {
        let masks = [[Int]](repeating: Array(0..<8), count: ranks)
        #expect(Topology.threads(mask: masks[0], neighbours: masks, quota: nil) == threads)
    }

    @Test func sharedProcessorsAreCountedInParts() {
        // Two ranks bound to the first half, one that may run anywhere.
        let masks = [[0, 1, 2, 3], [0, 1, 2, 3], Array(0..<8)]
        #expect(
            masks.map { Topology.threads(mask: $0, neighbours: masks, quota: nil) } == [1, 1, 5]
        )
        // A third of each of three processors makes one.
        let thirds = [[Int]](repeating: [0, 1, 2], count: 3)
        #expect(Topology.threads(mask: thirds[0], neighbours: thirds, quota: nil) == 1)
    }

    @Test func containersLimitTheThreads() {
        let masks = [[Int]](repeating: Array(0..<64), count: 2)
        #expect(Topology.threads(mask: masks[0], neighbours: masks, quota: 6) == 3)
        #expect(Topology.threads(mask: masks[0], neighbours: masks, quota: 0.5) == 1)
        #expect(Topology.threads(mask: masks[0], neighbours: masks, quota: 200) == 32)
    }

    @Test func unboundRanksHaveWholeCoresOfTheirOwn() {
        let byCore = [0, 4, 1, 5, 2, 6, 3, 7]
        func shares(_ ranks: Int, quota: Double? = nil) -> [[Int]] {
            let masks = [[Int]](repeating: Array(0..<8), count: ranks)
            return (0..<ranks).map {
                Topology.processors(mask: byCore, position: $0, neighbours: masks, quota: quota)
            }
        }
        #expect(shares(1) == [byCore])
        #expect(shares(2) == [[0, 4, 1, 5], [2, 6, 3, 7]])
        #expect(shares(3) == [[0, 4], [1, 5], [2, 6]])
        #expect(shares(8) == byCore.map { [$0] })
        #expect(shares(9).allSatisfy { $0.isEmpty })
        #expect(shares(2, quota: 6).allSatisfy { $0.isEmpty })
    }

    @Test func boundRanksHaveTheProcessorsThatNobodyElseMayUse() {
        func own(_ rank: Int, of masks: [[Int]]) -> [Int] {
            let before = masks[..<rank].filter { $0 == masks[rank] }.count
            return Topology.processors(
                mask: masks[rank],
                position: before,
                neighbours: masks,
                quota: nil
            )
        }
        let sockets = [[0, 1], [0, 1], [2, 3]]
        #expect((0..<3).map { own($0, of: sockets) } == [[0], [1], [2, 3]])
        // One rank may run anywhere: the others cannot tell where it will.
        let mixed = [[0, 1], [2, 3], [0, 1, 2, 3]]
        #expect((0..<3).allSatisfy { own($0, of: mixed).isEmpty })
    }

    @Test func threadsOfACoreStandSideBySide() throws {
        let devices = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
        defer { try? FileManager.default.removeItem(at: devices) }
        // Two packages of two cores, numbered as the kernel does: first threads, then second ones.
        for processor in 0..<8 {
            let folder = devices.appending(path: "cpu\(processor)/topology")
            try FileManager.default.createDirectory(
                at: folder,
                withIntermediateDirectories: true
            )
            let (package, core) = (processor % 4 / 2, processor % 2)
            try Data("\(package)\n".utf8).write(to: folder.appending(path: "physical_package_id"))
            try Data("\(core)\n".utf8).write(to: folder.appending(path: "core_id"))
        }
        #expect(
            ProcessorMask.byCore(Array(0..<8), devices: devices.path) == [0, 4, 1, 5, 2, 6, 3, 7]
        )
        #expect(ProcessorMask.byCore([7, 3, 0], devices: devices.path) == [0, 3, 7])
        #expect(ProcessorMask.byCore([2, 0, 1], devices: "/nowhere") == [0, 1, 2])
    }

    @Test func ranksOfOneProcessShareItsNode() throws {
        let alone = try Topology(SoloCommunicator())
        #expect(alone.ranksOnNode == 1 && alone.threads >= 1)
        #expect(alone.nodes == [alone.node] && alone.cpuModels == [alone.cpuModel])
        #expect(!alone.node.isEmpty && !alone.cpuModel.isEmpty)
        let found = try ThreadRanks.run(3) { communicator in
            let topology = try Topology(communicator)
            return [topology.ranksOnNode, topology.nodes.count, topology.threads]
        }
        let share = max(alone.allowedProcessors / 3, 1)
        #expect(found.allSatisfy { $0[0] == 3 && $0[1] == 1 && $0[2] <= share && $0[2] >= 1 })
        let own = try ThreadRanks.run(2) { try Topology($0).processors }
        #expect(Set(own.joined()).count == own.joined().count)
    }

    @Test func processorListsAreReadAsTheKernelWritesThem() {
        #expect(ProcessorMask.parse("0-3,8,10-11") == [0, 1, 2, 3, 8, 10, 11])
        #expect(ProcessorMask.parse("5") == [5])
        #expect(ProcessorMask.parse("3-1") == nil)
        #expect(ProcessorMask.parse("a-b") == nil)
        #expect(ProcessorMask.allowed().count <= ProcessorMask.online)
        #expect(ProcessorMask.allowed(status: "/nowhere").count == ProcessorMask.online)
    }
}
