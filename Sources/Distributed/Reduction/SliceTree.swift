public import Tensors

/// The one binary tree in which slice gradients are added, whoever computed them, and which rank
/// owns which slices.
///
/// A node is a range of slices: the root is all of them, and a node of n > 1 slices splits after
/// the largest power of two below n. Its sum is the sum of its left half plus that of its right
/// half. The tree depends on the number of slices alone, so the bits of the total do too.
///
/// Ranks own contiguous runs of whole slices. The largest nodes inside a rank's run are what it can
/// add up alone; where each rank owns the same power of two of slices, that is one node a rank.
public struct SliceTree: Hashable, Sendable {
    /// Number of slices.
    public let slices: Int
    /// Number of ranks.
    public let ranks: Int

    /// The tree of `slices` slices owned by `ranks` ranks.
    public init(slices: Int, ranks: Int) {
        precondition(ranks >= 1 && slices >= ranks, "each rank owns at least one slice")
        self.slices = slices
        self.ranks = ranks
    }

    /// The slices of the rank `rank`, at least one.
    public func slices(of rank: Int) -> Range<Int> {
        precondition((0..<ranks).contains(rank), "there is no rank \(rank)")
        return rank * slices / ranks..<(rank + 1) * slices / ranks
    }

    /// The largest nodes that the rank `rank` can add up alone, from the first slice to the last.
    public func nodes(of rank: Int) -> [Range<Int>] { nodes(inside: slices(of: rank), 0..<slices) }

    /// The nodes of at most `count` slices that the nodes of the rank `rank` come apart into, from the first
    /// slice to the last.
    public func nodes(of rank: Int, atMost count: Int) -> [Range<Int>] {
        precondition(count >= 1, "a node has at least one slice")
        func parts(_ node: Range<Int>) -> [Range<Int>] {
            if node.count <= count { return [node] }
            let (left, right) = SliceTree.halves(node)
            return parts(left) + parts(right)
        }
        return nodes(of: rank).flatMap(parts)
    }

    /// Whether `range` is a node of the tree.
    public func isNode(_ range: Range<Int>) -> Bool {
        nodes(inside: range, 0..<slices) == [range]
    }

    /// The additions that turn the sums of `parts` into the sum of the root.
    ///
    /// - Parameters:
    ///   - parts: nodes that follow one another and cover all slices.
    ///   - last: the part whose memory holds the total at the end.
    /// - Returns: pairs (to, from) of indices into `parts`, in order: the sum at `to` becomes the
    ///   sum at `to` plus the sum at `from`. A float sum does not change when its two sides are
    ///   swapped, which leaves the choice of `to`.
    public func additions(_ parts: [Range<Int>], endingIn last: Int) -> [(to: Int, from: Int)] {
        precondition(parts.indices.contains(last), "there is no part \(last)")
        var additions: [(to: Int, from: Int)] = []
        var next = 0
        func total(_ node: Range<Int>) -> Int {
            precondition(next < parts.count, "the parts cover all slices")
            if parts[next] == node {
                next += 1
                return next - 1
            }
            precondition(node.count > 1, "parts are nodes of the tree")
            let (left, right) = SliceTree.halves(node)
            let first = total(left)
            let second = total(right)
            let to = second == last ? second : first
            additions.append((to: to, from: to == first ? second : first))
            return to
        }
        let end = total(0..<slices)
        precondition(end == last || additions.isEmpty, "the total lies where it was asked for")
        return additions
    }

    private func nodes(inside range: Range<Int>, _ node: Range<Int>) -> [Range<Int>] {
        guard range.overlaps(node) else { return [] }
        guard node.clamped(to: range) != node else { return [node] }
        let (left, right) = SliceTree.halves(node)
        return nodes(inside: range, left) + nodes(inside: range, right)
    }

    private static func halves(_ node: Range<Int>) -> (Range<Int>, Range<Int>) {
        let middle = node.lowerBound + Slices.leftHalf(of: node.count)
        return (node.lowerBound..<middle, middle..<node.upperBound)
    }
}

/// The sum of a node of the slice tree: a flat gradient.
public struct SliceNode {
    /// The slices that are added up.
    public let slices: Range<Int>
    /// The sum.
    public let sum: Storage

    /// The sum of `slices`, kept alive with the node.
    public init(slices: Range<Int>, _ sum: Storage) {
        self.slices = slices
        self.sum = sum
    }
}
