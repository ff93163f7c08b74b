import Tensors

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

    /// Shares `sums` with the ranks of the node; a collective call.
    init(_ communicator: any Communicator, sums own: [Storage]) throws {
        let size = communicator.size
        sums = try communicator.share(own)
        var others = [Double(sums.count { $0 != nil } - 1)]
        try communicator.sum(&others)
        isAny = others[0] > 0
        isWhole = others[0] == Double(size * (size - 1))
    }
}
