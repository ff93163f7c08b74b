import Foundation
import Synchronization
public import Tensors

/// The ranks of a run and what they do together.
///
/// Each call but `rank`, `size`, `machines` and `makeStorage` is collective: every rank makes the same
/// calls in the same order, from any of its threads, one at a time.
public protocol Communicator: AnyObject, Sendable {
    /// Number of this rank, from 0.
    var rank: Int { get }

    /// Number of ranks.
    var size: Int { get }

    /// For each rank, the lowest rank on the same machine; equal on all ranks.
    var machines: [Int] { get }

    /// Where this rank works alone; every collective call checks that it does not.
    var localWork: LocalWork { get }

    /// Returns when every rank has called.
    func barrier() throws

    /// Gives the bytes of the rank `root` to all; equal sizes on all ranks.
    func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws

    /// Adds up element by element over all ranks; equal counts on all ranks.
    ///
    /// The summation order is not defined. Where bits matter, let each element be zero on all ranks but
    /// one, or a whole number below 2⁵³.
    func allReduce(_ values: inout [Double]) throws

    /// The bytes of every rank, in rank order; their sizes may differ. `gather` does it for values.
    func allGather(_ bytes: [UInt8]) throws -> [[UInt8]]

    /// Sends and receives floats between any ranks at once, point to point.
    ///
    /// The k-th message from rank a to rank b meets the k-th that b receives from a, with the same
    /// count. Memory that is received into must not overlap any other message's.
    ///
    /// - Parameter patiently: sleep between polls, for threads beside others that compute.
    func sendReceive(sends: [FloatMessage], receives: [FloatMessage], patiently: Bool) throws

    /// Zeros that ranks of the same node can map with `mapMemory`; plain memory where no other
    /// rank could.
    func makeStorage(count: Int) -> Storage

    /// Zeros that the ranks of a node have in common; where that fails for some ranks that should
    /// have it, each has its own.
    func makeNodeStorage(count: Int) throws -> NodeStorage

    /// Lets the ranks of a node read and write one another's memory.
    ///
    /// - Parameter storages: memory from `makeStorage`; their number may differ between ranks.
    /// - Returns: for each rank, its storages as mapped into this one, or nil where they are not.
    ///   Mapping is mutual, and where it fails for some ranks that should have it, none has any.
    func mapMemory(_ storages: [Storage]) throws -> [[Storage]?]

    /// Leaves the world; the last call. Harmless when repeated.
    func finish()

    /// Ends all ranks with the exit code `code`.
    func abort(_ code: Int32) -> Never
}

/// Floats that go to or come from another rank.
public struct FloatMessage {
    /// The other rank.
    public let peer: Int
    /// Where the floats are, or will be; the caller keeps that memory alive during the call.
    public let base: UnsafeMutablePointer<Float>
    /// Number of floats.
    public let count: Int

    /// A message of `count` floats at `base` to or from the rank `peer`.
    public init(peer: Int, _ base: UnsafeMutablePointer<Float>, _ count: Int) {
        precondition(count >= 0, "a message has no negative size")
        self.peer = peer
        self.base = base
        self.count = count
    }

    /// The same floats as messages of at most `limit`.
    func cut(atMost limit: Int) -> [FloatMessage] {
        stride(from: 0, to: count, by: limit).map {
            FloatMessage(peer: peer, base + $0, min(limit, count - $0))
        }
    }
}

/// Work that each rank does for itself at a point where all ranks do theirs.
///
/// An error inside it is told to the other ranks afterwards. One that came between two collective calls would
/// leave the others waiting in the second, so a collective call inside traps, in every build.
public final class LocalWork: Sendable {
    private let isUnderWay = Atomic<Bool>(false)

    /// No work yet.
    public init() {}

    /// Runs `body`, in which this rank must not communicate.
    public func run<T>(_ body: () throws -> T) rethrows -> T {
        requireNone("together")
        isUnderWay.store(true, ordering: .relaxed)
        defer { isUnderWay.store(false, ordering: .relaxed) }
        return try body()
    }

    /// Traps where a collective call is made inside.
    public func requireNone(_ call: String) {
        guard isUnderWay.load(ordering: .relaxed) else { return }
        fatalError(
            "\(call) was called inside a body that runs together on all ranks; call it outside"
        )
    }
}

extension Communicator {
    /// Every rank's value, in rank order, on all ranks: an all-gather of values of any type and size.
    ///
    /// A value that cannot be encoded on one rank is an error on all.
    public func gather<Value: Codable & Sendable>(_ value: Value) throws -> [Value] {
        localWork.requireNone("gather")
        guard size > 1 else { return [value] }
        // JSON is never empty, so that no bytes mean that there is no value.
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        let texts = try allGather((try? encoder.encode(value)).map { Array($0) } ?? [])
        if let rank = texts.firstIndex(where: \.isEmpty) {
            throw DistributedError.mismatch("rank \(rank) has a \(Value.self) that cannot be sent")
        }
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        do {
            // One array costs less than as many texts.
            let list = texts.joined(separator: [UInt8(ascii: ",")])
            return try decoder.decode(
                [Value].self,
                from: Data([UInt8(ascii: "[")] + list + [UInt8(ascii: "]")])
            )
        } catch {
            throw DistributedError.mismatch("a \(Value.self) came apart on its way: \(error)")
        }
    }

    /// The largest of all ranks' numbers.
    public func maximum(_ value: Double) throws -> Double { try gather(value).max() ?? value }

    /// The same by a thread that has the processor to itself.
    public func sendReceive(sends: [FloatMessage], receives: [FloatMessage]) throws {
        try sendReceive(sends: sends, receives: receives, patiently: false)
    }

    /// Plain memory.
    public func makeStorage(count: Int) -> Storage { Storage(count: count) }

    /// Plain memory for each rank.
    public func makeNodeStorage(count: Int) throws -> NodeStorage {
        NodeStorage(Storage(count: count), ranks: size)
    }

    /// This rank's own memory alone.
    public func mapMemory(_ storages: [Storage]) throws -> [[Storage]?] {
        (0..<size).map { $0 == rank ? storages : nil }
    }

    /// Gives what rank 0 holds in `values` to all nodes.
    public func broadcast(_ values: NodeStorage) throws {
        guard !values.isWhole else { return try barrier() }
        let isHome = values.homes[rank] == rank
        let length = 1 << 20
        // A rank that finds its values in its home's memory takes part in the calls all the same.
        let spare = Storage(count: isHome ? 0 : min(length, values.storage.count))
        for start in stride(from: 0, to: values.storage.count, by: length) {
            let count = min(length, values.storage.count - start)
            let place = isHome ? values.storage.base + start : spare.base
            let floats = UnsafeMutableBufferPointer(start: place, count: count)
            try withExtendedLifetime(spare) {
                try broadcast(UnsafeMutableRawBufferPointer(floats), from: 0)
            }
        }
        try barrier()
    }
}
