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

    /// Returns when every rank has called.
    func barrier() throws

    /// Gives the bytes of the rank `root` to all; equal sizes on all ranks.
    func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws

    /// Adds up element by element over all ranks; equal counts on all ranks.
    ///
    /// The order of the sum is open. Where bits matter, let each element be zero on all ranks but
    /// one, or a whole number below 2⁵³.
    func sum(_ values: inout [Double]) throws

    /// The bytes of every rank, in the order of ranks; their sizes may differ.
    func allGather(_ bytes: [UInt8]) throws -> [[UInt8]]

    /// Sends and receives floats between any ranks at once.
    ///
    /// The k-th message from rank a to rank b meets the k-th that b receives from a, with the same
    /// count. Memory that is received into must not overlap any other message's.
    ///
    /// - Parameter patiently: sleep between looks at what has come, for threads beside others that compute.
    func allToAll(sends: [FloatMessage], receives: [FloatMessage], patiently: Bool) throws

    /// Zeros that ranks of the same node can come to read and write; plain memory where no other
    /// rank could.
    func makeStorage(count: Int) -> Storage

    /// Zeros that the ranks of a node have in common; where that fails for some ranks that should
    /// have it, each has its own.
    func makeNodeStorage(count: Int) throws -> NodeStorage

    /// Lets the ranks of a node read and write one another's memory.
    ///
    /// - Parameter storages: memory from `makeStorage`; their number may differ between ranks.
    /// - Returns: for each rank, its storages as this rank reaches them, or nil where it does not.
    ///   Reach is mutual, and where it fails for some ranks that should have it, none has any.
    func share(_ storages: [Storage]) throws -> [[Storage]?]

    /// Leaves the world; the last call. Harmless when repeated.
    func finish()

    /// Ends all ranks with the exit code `code`.
    func abort(_ code: Int32) -> Never
}

extension Communicator {
    /// The same by a thread that has the processor to itself.
    public func allToAll(sends: [FloatMessage], receives: [FloatMessage]) throws {
        try allToAll(sends: sends, receives: receives, patiently: false)
    }

    /// Plain memory.
    public func makeStorage(count: Int) -> Storage { Storage(count: count) }

    /// Plain memory for each rank.
    public func makeNodeStorage(count: Int) throws -> NodeStorage {
        NodeStorage(Storage(count: count), ranks: size)
    }

    /// Reaches this rank's own memory alone.
    public func share(_ storages: [Storage]) throws -> [[Storage]?] {
        (0..<size).map { $0 == rank ? storages : nil }
    }

    /// Gives the numbers of the rank `root` to all; equal counts on all ranks.
    public func broadcast(_ values: inout [Double], from root: Int) throws {
        try values.withUnsafeMutableBytes { try broadcast($0, from: root) }
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

    /// The number of each rank, in the order of ranks.
    public func gather(_ value: Double) throws -> [Double] {
        var values = [Double](repeating: 0, count: size)
        values[rank] = value
        try sum(&values)
        return values
    }

    /// The largest of all ranks' numbers.
    public func largest(_ value: Double) throws -> Double { try gather(value).max() ?? value }
}
