import CMPIShim
import Foundation

/// The ranks that mpirun, or a scheduler with MPI, has started.
///
/// Errors of MPI are thrown with its own text instead of ending the process.
public final class MPICommunicator: Communicator {
    /// Number of this rank in MPI_COMM_WORLD.
    public let rank: Int
    /// Number of ranks in MPI_COMM_WORLD.
    public let size: Int
    /// Microseconds between looks of a patient wait: short beside the milliseconds of a bucket, long beside
    /// a look.
    private static let nap: Int32 = 100
    /// For each rank, the lowest rank on the same machine.
    public let machines: [Int]
    /// Most elements or bytes in one MPI call, whose counts are 32-bit numbers.
    private let limit: Int
    /// Ranks that could map one another's memory, this one included.
    let mates: [Int]
    /// Whether any ranks of the run are to share memory, as all ranks agree.
    let sharesMemory: Bool

    /// Starts MPI; once in a process.
    public init() throws {
        let key = try NodeKey.own()
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
        let names = try gathered(NodeKey.machine())
        machines = names.map { name in names.firstIndex(of: name) ?? 0 }
        let keys = try gathered(key)
        sharesMemory = !keys.contains(0) && Set(keys).count < keys.count
        mates = sharesMemory ? keys.indices.filter { keys[$0] == key } : [Int(rank)]
    }

    /// The same ranks, with at most `limit` elements in one call, or without shared memory: for tests
    /// of how long buffers are cut, and of what ranks of a node do otherwise.
    public init(_ other: MPICommunicator, limit: Int = 1 << 30, sharesMemory: Bool = true) {
        precondition(limit >= other.size, "a call moves at least one byte for each rank")
        self.sharesMemory = sharesMemory && other.sharesMemory
        mates = self.sharesMemory ? other.mates : [other.rank]
        rank = other.rank
        size = other.size
        machines = other.machines
        self.limit = limit
    }

    /// MPI_Barrier.
    public func barrier() throws {
        try MPICommunicator.check("MPI_Barrier", mpishim_barrier())
    }

    /// MPI_Bcast.
    public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws {
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
    public func sum(_ values: inout [Double]) throws {
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

    /// MPI_Allreduce of floats in as few calls as can be, in MPI's order: what an exchange is
    /// measured against.
    public func sum(_ values: UnsafeMutablePointer<Float>, _ count: Int) throws {
        for range in pieces(count) {
            try MPICommunicator.check(
                "MPI_Allreduce",
                mpishim_sum_floats(values + range.lowerBound, Int32(range.count))
            )
        }
    }

    /// MPI_Isend and MPI_Irecv of all messages, then MPI_Waitall, or MPI_Testall between naps.
    public func allToAll(
        sends: [FloatMessage],
        receives: [FloatMessage],
        patiently: Bool
    ) throws {
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
    func pieces(_ count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: limit).map { $0..<min($0 + limit, count) }
    }

    /// Bytes that each rank may add to one gathering call.
    var share: Int { limit / size }

    /// Throws what `code` stands for, if it is an error.
    static func check(_ call: String, _ code: Int32) throws {
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
