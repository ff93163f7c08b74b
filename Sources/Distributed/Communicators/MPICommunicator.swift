import CMPIShim
import Foundation
public import Tensors

/// The ranks that mpirun, or a scheduler with MPI, has started.
///
/// Errors of MPI are thrown with its own text instead of ending the process.
public final class MPICommunicator: Communicator {
    /// Number of this rank in MPI_COMM_WORLD.
    public let rank: Int
    /// Number of ranks in MPI_COMM_WORLD.
    public let size: Int
    /// Microseconds between the polls of a patient wait: short beside the milliseconds of a bucket, long beside
    /// a poll.
    private static let nap: Int32 = 100
    /// For each rank, the lowest rank on the same machine.
    public let machines: [Int]
    /// Where this rank works alone.
    public let localWork = LocalWork()
    /// Most elements or bytes in one MPI call, whose counts are 32-bit numbers.
    private let limit: Int
    /// Ranks that could map one another's memory, this one included.
    private let mates: [Int]
    /// Whether any ranks of the run are to share memory, as all ranks agree.
    private let sharesMemory: Bool
    /// Bytes of the first call of an all-gather: room for its size and most values that ranks tell one another.
    private static let firstPart = 512

    /// Starts MPI; once in a process.
    public init() throws {
        let key = try NodeIdentity.own()
        var state: Int32 = 0
        try MPICommunicator.check("MPI_Initialized", mpishim_state(&state))
        guard state == 0 else {
            throw DistributedError.start(
                "MPI was \(state == 1 ? "already started" : "ended") in this process; "
                    + "make one communicator and pass it on"
            )
        }
        var serialized: Int32 = 0
        try MPICommunicator.check("MPI_Init_thread", mpishim_start(&serialized))
        guard serialized != 0 else {
            throw DistributedError.start(
                "this MPI library was built without threads (MPI_THREAD_SERIALIZED); "
                    + "load an MPI module built with them"
            )
        }
        var rank: Int32 = 0
        var size: Int32 = 0
        try MPICommunicator.check("MPI_Comm_rank", mpishim_world(&rank, &size))
        self.rank = Int(rank)
        self.size = Int(size)
        limit = 1 << 30
        func gathered(_ own: Double) throws -> [Double] {
            var keys = [Double](repeating: 0, count: Int(size))
            keys[Int(rank)] = own
            try MPICommunicator.check("MPI_Allreduce", mpishim_sum_doubles(&keys, size))
            return keys
        }
        let names = try gathered(NodeIdentity.machine())
        machines = names.map { name in names.firstIndex(of: name) ?? 0 }
        let keys = try gathered(key)
        sharesMemory = !keys.contains(0) && Set(keys).count < keys.count
        mates = sharesMemory ? keys.indices.filter { keys[$0] == key } : [Int(rank)]
    }

    /// The same ranks, with at most `limit` elements in one call, or without shared memory: for tests
    /// of how long buffers are cut, and of what ranks of a node do otherwise.
    public init(_ other: MPICommunicator, limit: Int = 1 << 30, sharesMemory: Bool = true) {
        precondition(limit >= 16 * other.size, "a call has room for the sizes of an all-gather")
        self.sharesMemory = sharesMemory && other.sharesMemory
        mates = self.sharesMemory ? other.mates : [other.rank]
        rank = other.rank
        size = other.size
        machines = other.machines
        self.limit = limit
    }

    /// MPI_Barrier.
    public func barrier() throws {
        localWork.requireNone("barrier")
        try MPICommunicator.check("MPI_Barrier", mpishim_barrier())
    }

    /// MPI_Bcast.
    public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws {
        localWork.requireNone("broadcast")
        for range in pieces(bytes.count) {
            try MPICommunicator.check(
                "MPI_Bcast",
                mpishim_broadcast(
                    bytes.baseAddress?.advanced(by: range.lowerBound),
                    Int32(range.count),
                    Int32(root)
                )
            )
        }
    }

    /// MPI_Allreduce.
    public func allReduce(_ values: inout [Double]) throws {
        localWork.requireNone("allReduce")
        try values.withUnsafeMutableBufferPointer { values in
            for range in pieces(values.count) {
                try MPICommunicator.check(
                    "MPI_Allreduce",
                    mpishim_sum_doubles(
                        values.baseAddress?.advanced(by: range.lowerBound),
                        Int32(range.count)
                    )
                )
            }
        }
    }

    /// MPI_Allgatherv: a first call with equal parts tells every size with the first bytes, which are all of
    /// most messages; the rest follows.
    public func allGather(_ bytes: [UInt8]) throws -> [[UInt8]] {
        localWork.requireNone("allGather")
        let most = limit / size
        let part = min(MPICommunicator.firstPart, most)
        let header = MemoryLayout<UInt64>.size
        var first = withUnsafeBytes(of: UInt64(bytes.count).littleEndian, Array.init)
        first += bytes.prefix(part - header)
        first += [UInt8](repeating: 0, count: part - first.count)
        let firsts = try gatherOnce(first, Array(repeating: 0..<part, count: size))
        let counts = firsts.map { bytes in
            bytes.prefix(header).reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        var gathered = zip(firsts, counts).map { Array($0.dropFirst(header).prefix($1)) }
        for start in stride(from: part - header, to: counts.max() ?? 0, by: most) {
            let parts = counts.map { min($0, start)..<min($0, start + most) }
            for (rank, part) in try gatherOnce(bytes, parts).enumerated() {
                gathered[rank] += part
            }
        }
        return gathered
    }

    /// One call of MPI_Allgatherv; `parts` are each rank's range of its bytes.
    private func gatherOnce(_ bytes: [UInt8], _ parts: [Range<Int>]) throws -> [ArraySlice<UInt8>] {
        var offsets: [Int] = []
        var total = 0
        for part in parts {
            offsets.append(total)
            total += part.count
        }
        var all = [UInt8](repeating: 0, count: total)
        try bytes.withUnsafeBufferPointer { own in
            try MPICommunicator.check(
                "MPI_Allgatherv",
                mpishim_all_gather_bytes(
                    own.baseAddress?.advanced(by: parts[rank].lowerBound),
                    Int32(parts[rank].count),
                    &all,
                    parts.map { Int32($0.count) },
                    offsets.map { Int32($0) }
                )
            )
        }
        return zip(offsets, parts).map { all[$0..<$0 + $1.count] }
    }

    /// MPI_Allreduce of floats in as few calls as can be, in MPI's order: what an exchange is
    /// measured against.
    public func allReduce(_ values: UnsafeMutablePointer<Float>, _ count: Int) throws {
        localWork.requireNone("allReduce")
        for range in pieces(count) {
            try MPICommunicator.check(
                "MPI_Allreduce",
                mpishim_sum_floats(values + range.lowerBound, Int32(range.count))
            )
        }
    }

    /// MPI_Isend and MPI_Irecv of all messages, then MPI_Waitall, or MPI_Testall between naps.
    public func sendReceive(
        sends: [FloatMessage],
        receives: [FloatMessage],
        patiently: Bool
    ) throws {
        localWork.requireNone("sendReceive")
        let sends = messages(sends)
        let receives = messages(receives)
        try MPICommunicator.check(
            patiently ? "MPI_Testall" : "MPI_Waitall",
            mpishim_exchange(
                sends,
                Int32(sends.count),
                receives,
                Int32(receives.count),
                patiently ? MPICommunicator.nap : 0
            )
        )
    }

    /// MPI_Finalize.
    public func finish() {
        var state: Int32 = 0
        guard mpishim_state(&state) == 0, state == 1 else { return }
        if mpishim_finish() != 0 { abort(EXIT_FAILURE) }
    }

    /// MPI_Abort.
    public func abort(_ code: Int32) -> Never {
        mpishim_abort(code)
        exit(code)
    }

    /// 0 ..< count in ranges that one call can take.
    private func pieces(_ count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: limit).map { $0..<min($0 + limit, count) }
    }

    /// Throws what `code` stands for, if it is an error.
    private static func check(_ call: String, _ code: Int32) throws {
        guard code != 0 else { return }
        var text = [CChar](repeating: 0, count: 512)
        mpishim_text(code, &text, text.count)
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        throw DistributedError.mpi(call: call, text: String(decoding: bytes, as: UTF8.self))
    }

    private func messages(_ list: [FloatMessage]) -> [mpishim_message] {
        list.flatMap { $0.cut(atMost: limit) }.map {
            mpishim_message(floats: $0.base, count: Int32($0.count), peer: Int32($0.peer))
        }
    }
}

extension MPICommunicator {
    /// Anonymous shared memory (a memfd) where the node has other ranks.
    public func makeStorage(count: Int) -> Storage {
        guard mates.count > 1 else { return Storage(count: count) }
        return SharedMemory.make(count: count)?.storage ?? Storage(count: count)
    }

    /// Anonymous shared memory of the node's lowest rank, which the others map; each touches its part of the
    /// pages first, so that they lie spread over the node's memories.
    public func makeNodeStorage(count: Int) throws -> NodeStorage {
        guard sharesMemory else { return NodeStorage(Storage(count: count), ranks: size) }
        let home = mates[0]
        let isShared = mates.count > 1
        let made = isShared && rank == home ? SharedMemory.reserve(count: count) : nil
        let offers = try gather(made?.handle)
        let area = made ?? (isShared ? offers[home].flatMap(SharedMemory.init(of:)) : nil)
        area?.touch(mates.firstIndex(of: rank) ?? 0, of: mates.count)
        let homes = try gather(isShared && area == nil ? -1 : home)
        guard !homes.contains(-1) else { return NodeStorage(Storage(count: count), ranks: size) }
        return NodeStorage(area?.storage ?? Storage(count: count), homes: homes)
    }

    /// Ranks open one another's files through /proc, and all forgo that if one of them cannot.
    public func mapMemory(_ storages: [Storage]) throws -> [[Storage]?] {
        let alone = (0..<size).map { $0 == rank ? storages : nil }
        guard sharesMemory else { return alone }
        let handles = storages.compactMap { ($0.owner as? SharedMemory)?.handle }
        let offer = handles.count == storages.count ? handles : nil
        let offers = try gather(offer)
        let reached = (0..<size).map { other -> [Storage]? in
            guard other != rank else { return storages }
            guard mates.contains(other), let handles = offers[other] else { return nil }
            let areas = handles.compactMap { SharedMemory(of: $0)?.storage }
            return areas.count == handles.count ? areas : nil
        }
        // Ranks that are alone on their nodes have plain memory, which nobody asks for.
        let failed = mates.contains { reached[$0] == nil } || (mates.count > 1 && offer == nil)
        return try gather(failed).contains(true) ? alone : reached
    }
}
