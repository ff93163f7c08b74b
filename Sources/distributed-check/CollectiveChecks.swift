import Distributed
import Foundation
import Tensors

/// Every collective, with calls as long as MPI takes and with calls cut short.
func checkCollectives(_ checks: Checks, _ world: MPICommunicator) {
    checkCollectives(checks, world, "")
    checkCollectives(checks, MPICommunicator(world, limit: 1_000), " in cut calls")
    checks.check("a call from another thread") { try sumOnAnotherThread(world) }
    checks.check("broadcast of more than 25 MiB") {
        try broadcastHolds(world, bytes: (25 << 20) + 4_321)
    }
}

private func checkCollectives(_ checks: Checks, _ world: MPICommunicator, _ how: String) {
    checks.check("broadcast from each rank" + how) {
        for root in 0..<world.size {
            var bytes = [UInt8(world.rank), 5]
            try bytes.withUnsafeMutableBytes { try world.broadcast($0, from: root) }
            guard bytes == [UInt8(root), 5] else { return false }
        }
        return try broadcastHolds(world, bytes: 4_567) && broadcastHolds(world, bytes: 0)
    }
    checks.check("all-reduce" + how) {
        let ranks = world.size * (world.size - 1) / 2
        for count in [0, 1, 3_001] {
            var values = (0..<count).map { Double($0 * world.size + world.rank) }
            try world.allReduce(&values)
            let expected = (0..<count).map { Double($0 * world.size * world.size + ranks) }
            guard values == expected else { return false }
        }
        return true
    }
    checks.check("all-gather of bytes of unlike lengths" + how) {
        for scale in [0, 1, 500, 1_777] {
            func bytes(_ rank: Int) -> [UInt8] {
                (0..<rank * scale).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ rank) }
            }
            let all = try world.allGather(bytes(world.rank))
            guard all == (0..<world.size).map(bytes) else { return false }
        }
        return true
    }
    checks.check("all-gather of values" + how) {
        struct Value: Codable, Sendable, Equatable {
            var number = 0.1
            var limit = -Double.infinity
            var text: String?
            var list: [UInt64] = []
        }
        func value(_ rank: Int) -> Value {
            Value(
                number: 1 / Double(rank + 3),
                text: rank % 2 == 0 ? "photo \"\(rank)\"\n\u{F0FF}" : nil,
                list: (0..<rank * 50).map { .max - UInt64($0) }
            )
        }
        guard try world.gather(value(world.rank)) == (0..<world.size).map(value) else {
            return false
        }
        return try world.gather(world.rank == 0 ? nil : Double.nan).enumerated()
            .allSatisfy { $0 == 0 ? $1 == nil : $1?.isNaN == true }
    }
    checks.check("a value that cannot be sent is an error on all ranks" + how) {
        do {
            _ = try world.gather(Stubborn(isStubborn: world.rank == world.size - 1))
            return world.size == 1
        } catch DistributedError.mismatch(let text) {
            return text.contains("rank \(world.size - 1) ")
        }
    }
    checks.check("messages of unlike lengths" + how) { try messagesHold(world) }
    checks.check("barrier" + how) {
        try world.barrier()
        return true
    }
}

/// A value that may refuse to be encoded.
private struct Stubborn: Codable, Sendable {
    var isStubborn: Bool

    init(isStubborn: Bool) { self.isStubborn = isStubborn }

    func encode(to encoder: any Encoder) throws {
        guard !isStubborn else { throw CancellationError() }
        var container = encoder.singleValueContainer()
        try container.encode(isStubborn)
    }

    init(from decoder: any Decoder) throws {
        isStubborn = try decoder.singleValueContainer().decode(Bool.self)
    }
}

private func broadcastHolds(_ world: any Communicator, bytes count: Int) throws -> Bool {
    func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: index &* 31 ^ index >> 8) }
    let root = world.size - 1
    var bytes = [UInt8](repeating: 0, count: count)
    if world.rank == root { for index in 0..<count { bytes[index] = byte(index) } }
    try bytes.withUnsafeMutableBytes { try world.broadcast($0, from: root) }
    return bytes.indices.allSatisfy { bytes[$0] == byte($0) }
}

/// Rank a sends to rank b two messages: a + 2b floats and a thousand more than that.
private func messagesHold(_ world: any Communicator) throws -> Bool {
    func lengths(_ from: Int, _ to: Int) -> [Int] { [from + 2 * to, from + 2 * to + 1_000] }
    func value(_ from: Int, _ to: Int, _ index: Int) -> Float {
        Float(from * 100_000 + to * 10_000 + index)
    }
    let rank = world.rank
    let ranks = 0..<world.size
    let out = ranks.map { to in
        Storage((0..<lengths(rank, to).reduce(0, +)).map { value(rank, to, $0) })
    }
    let into = ranks.map { from in Storage(count: lengths(from, rank).reduce(0, +)) }
    func messages(_ peer: Int, _ storage: Storage, _ lengths: [Int]) -> [FloatMessage] {
        [
            FloatMessage(peer: peer, storage.base, lengths[0]),
            FloatMessage(peer: peer, storage.base + lengths[0], lengths[1]),
        ]
    }
    try withExtendedLifetime(out) {
        try world.sendReceive(
            sends: ranks.flatMap { messages($0, out[$0], lengths(rank, $0)) },
            receives: ranks.flatMap { messages($0, into[$0], lengths($0, rank)) }
        )
    }
    return ranks.allSatisfy { from in
        into[from].buffer.enumerated().allSatisfy { $1 == value(from, rank, $0) }
    }
}

private func sumOnAnotherThread(_ world: any Communicator) throws -> Bool {
    /// `@unchecked Sendable`: written before the semaphore is raised, read after it is taken.
    final class Outcome: @unchecked Sendable { var sum = Double.nan }
    let outcome = Outcome()
    let done = DispatchSemaphore(value: 0)
    Thread {
        var values = [1.0]
        do {
            try world.allReduce(&values)
            outcome.sum = values[0]
        } catch {
            world.abort(EXIT_FAILURE)
        }
        done.signal()
    }.start()
    done.wait()
    return outcome.sum == Double(world.size)
}
