import Tensors

/// Which other ranks' gradients and values this rank reads and writes in place.
struct Reach {
    /// For each rank, where its sums may lie; nil where they come as messages.
    let sums: [[Storage]?]
    /// For each rank, its values; nil as above.
    let values: [Storage?]
    /// Whether any rank reaches another; the same on all ranks, as is `isWhole`.
    let isAny: Bool
    /// Whether every rank reaches all others.
    let isWhole: Bool

    /// Reach of nothing but `communicator`'s own rank.
    init(alone communicator: any Communicator) {
        sums = Array(repeating: nil, count: communicator.size)
        values = Array(repeating: nil, count: communicator.size)
        isAny = false
        isWhole = communicator.size == 1
    }

    /// Shares `sums` and `values` with the ranks of the node; a collective call.
    init(_ communicator: any Communicator, sums own: [Storage], values ownValues: Storage) throws {
        let size = communicator.size
        let reached = try communicator.share(own + [ownValues])
        sums = reached.map { $0?.dropLast() }
        values = reached.map { $0?.last }
        var others = [Double(reached.count { $0 != nil } - 1)]
        try communicator.sum(&others)
        isAny = others[0] > 0
        isWhole = others[0] == Double(size * (size - 1))
    }
}
