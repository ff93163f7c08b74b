public import Tensors

/// Floats that the ranks of a node have in common: what one of them writes, all of them read.
///
/// Where ranks cannot share memory, each is a node of its own.
public struct NodeStorage: Sendable {
    /// The floats.
    public let storage: Storage
    /// For each rank, the lowest rank that has the same memory; equal on all ranks.
    public let homes: [Int]

    /// The memory of one rank, told who has it in common with whom.
    public init(_ storage: Storage, homes: [Int]) {
        precondition(
            homes.enumerated().allSatisfy { $1 <= $0 && homes[$1] == $1 },
            "a home is the lowest rank of its node"
        )
        self.storage = storage
        self.homes = homes
    }

    /// Memory that each of `ranks` ranks has for itself.
    public init(_ storage: Storage, ranks: Int) { self.init(storage, homes: Array(0..<ranks)) }

    /// Floats that count as held by other ranks than `rank`, all of a node holding as many.
    public func others(of rank: Int) -> Int {
        storage.count - storage.count / mates(of: rank).count
    }

    /// Whether all ranks have the same memory.
    public var isWhole: Bool { homes.allSatisfy { $0 == 0 } }

    /// Whether any two ranks have the same memory.
    public var isShared: Bool { homes.enumerated().contains { $0 != $1 } }

    /// The ranks that have the memory of `rank`, that one included.
    func mates(of rank: Int) -> [Int] { homes.indices.filter { homes[$0] == homes[rank] } }

    /// Whom a rank sends what it wrote, so that every other node is told once, and whose it receives.
    public func route(of rank: Int) -> (targets: [Int], sources: [Int]) {
        let ranks = homes.indices
        let nodes = ranks.filter { homes[$0] == $0 }.map { mates(of: $0) }
        // The ranks of a node share the receiving as evenly as the sending.
        func receiver(_ sender: Int, _ node: [Int]) -> Int {
            node[(mates(of: sender).firstIndex(of: sender) ?? 0) % node.count]
        }
        let targets = nodes.filter { homes[$0[0]] != homes[rank] }.map { receiver(rank, $0) }
        let own = mates(of: rank)
        let sources = ranks.filter { homes[$0] != homes[rank] && receiver($0, own) == rank }
        // Everyone begins with the next rank, so that no rank is everyone's first target.
        return (
            targets.filter { $0 > rank } + targets.filter { $0 < rank },
            sources
        )
    }
}

/// Which other ranks' sums this rank reads in place.
struct Reach {
    /// For each rank, where its sums may lie; nil where they come as messages.
    let sums: [[Storage]?]
    /// Whether any rank reaches another; the same on all ranks, as is `isWhole`.
    let isAny: Bool
    /// Whether every rank reaches all others.
    let isWhole: Bool

    /// Reach of nothing but `communicator`'s own rank.
    init(alone communicator: any Communicator) {
        sums = Array(repeating: nil, count: communicator.size)
        isAny = false
        isWhole = communicator.size == 1
    }

    /// Maps the sums of the ranks of the node; a collective call.
    init(_ communicator: any Communicator, sums own: [Storage]) throws {
        let size = communicator.size
        sums = try communicator.mapMemory(own)
        let others = try communicator.gather(sums.count { $0 != nil } - 1).reduce(0, +)
        isAny = others > 0
        isWhole = others == size * (size - 1)
    }
}
