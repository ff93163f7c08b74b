import Distributed
import Foundation
import Tensors

/// The view that one thread has of ranks as threads.
final class ThreadCommunicator: Communicator {
    let rank: Int
    let localWork = LocalWork()
    private let nodes: [Int]
    private let meeting: Meeting
    private let aborted: @Sendable (Int32) -> Void

    /// - Parameter nodes: the node of each rank.
    init(
        rank: Int,
        nodes: [Int],
        _ meeting: Meeting,
        aborted: @escaping @Sendable (Int32) -> Void
    ) {
        self.rank = rank
        self.nodes = nodes
        self.meeting = meeting
        self.aborted = aborted
    }

    var size: Int { meeting.size }

    var machines: [Int] { nodes.map { node in nodes.firstIndex(of: node) ?? 0 } }

    func barrier() throws {
        localWork.requireNone("barrier")
        try meeting.meet(rank, .init(call: "barrier")) { _ in }
    }

    func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws {
        localWork.requireNone("broadcast")
        let offer = Meeting.Offer(call: "broadcast from \(root)", bytes: bytes)
        try meeting.meet(rank, offer) { offers in
            try ThreadCommunicator.checkSizes(offers)
            if rank != root { bytes.copyMemory(from: UnsafeRawBufferPointer(offers[root].bytes)) }
        }
    }

    func allReduce(_ values: inout [Double]) throws {
        localWork.requireNone("allReduce")
        values = try values.withUnsafeMutableBytes { bytes in
            try meeting.meet(rank, .init(call: "allReduce", bytes: bytes)) { offers in
                try ThreadCommunicator.checkSizes(offers)
                var total = [Double](repeating: 0, count: bytes.count / MemoryLayout<Double>.size)
                for offer in offers {
                    for (index, value) in offer.bytes.bindMemory(to: Double.self).enumerated() {
                        total[index] += value
                    }
                }
                return total
            }
        }
    }

    func allGather(_ bytes: [UInt8]) throws -> [[UInt8]] {
        localWork.requireNone("allGather")
        var own = bytes
        return try own.withUnsafeMutableBytes { bytes in
            try meeting.meet(rank, .init(call: "allGather", bytes: bytes)) { offers in
                offers.map { Array($0.bytes) }
            }
        }
    }

    func sendReceive(sends: [FloatMessage], receives: [FloatMessage], patiently: Bool) throws {
        localWork.requireNone("sendReceive")
        // Nobody may leave with an error that the others do not see, so what does not fit is told
        // to all in a second meeting.
        let problem = try meeting.meet(rank, .init(call: "sendReceive", messages: sends)) {
            offers in
            receive(receives, offers)
        }
        for report in try allGather(Array((problem ?? "").utf8)) where !report.isEmpty {
            throw DistributedError.mismatch(String(decoding: report, as: UTF8.self))
        }
    }

    func mapMemory(_ storages: [Storage]) throws -> [[Storage]?] {
        localWork.requireNone("mapMemory")
        return try meeting.meet(rank, .init(call: "mapMemory", storages: storages)) { offers in
            offers.enumerated().map { nodes[$0] == nodes[rank] ? $1.storages : nil }
        }
    }

    func makeNodeStorage(count: Int) throws -> NodeStorage {
        localWork.requireNone("makeNodeStorage")
        let homes = machines
        let offer = Meeting.Offer(call: "makeNodeStorage", storages: [Storage(count: count)])
        return try meeting.meet(rank, offer) { offers in
            NodeStorage(offers[homes[rank]].storages[0], homes: homes)
        }
    }

    func finish() {}

    func abort(_ code: Int32) -> Never {
        aborted(code)
        // The process is the tests' own and goes on, but the rank may not.
        while true { sleep(1_000) }
    }

    /// Takes what the others send to this rank; says what does not fit.
    private func receive(_ receives: [FloatMessage], _ offers: [Meeting.Offer]) -> String? {
        for peer in 0..<size {
            let sent = offers[peer].messages.filter { $0.peer == rank }
            let expected = receives.filter { $0.peer == peer }
            guard sent.map(\.count) == expected.map(\.count) else {
                return "rank \(peer) sends \(sent.map(\.count)) floats to rank \(rank), which "
                    + "expects \(expected.map(\.count))"
            }
            for (from, to) in zip(sent, expected) {
                to.base.update(from: from.base, count: to.count)
            }
        }
        return nil
    }

    private static func checkSizes(_ offers: [Meeting.Offer]) throws {
        let sizes = offers.map(\.bytes.count)
        guard sizes.allSatisfy({ $0 == sizes[0] }) else {
            throw DistributedError.mismatch("they gave \(sizes) bytes")
        }
    }
}
