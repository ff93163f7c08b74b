public import Tensors

/// Adds the gradients of a rank's slices as the tree has it, while they come one after another.
///
/// All slices are computed into the same flat gradient. What waits for its other half lies on a
/// stack of copies, as deep as the tree and not as the number of slices; the last slice stays where
/// it is, so one slice is never copied.
public final class SliceAccumulator {
    private let tree: SliceTree
    private let own: Range<Int>
    private let gradient: Storage
    private let pool: ThreadPool
    private let stack: [Storage]
    private var waiting: [Range<Int>] = []
    private var next: Int

    /// Adds up the slices of `rank`, each of which appears in `gradient`.
    public init(tree: SliceTree, rank: Int, gradient: Storage, pool: ThreadPool) {
        self.tree = tree
        self.gradient = gradient
        self.pool = pool
        own = tree.slices(of: rank)
        next = own.lowerBound
        stack = (0..<SliceAccumulator.depth(tree, own)).map { _ in
            Storage(count: gradient.count)
        }
    }

    /// Takes the gradient just computed for `slice`; slices come in order, the last one ends a step.
    public func add(slice: Int) {
        precondition(slice == next, "slice \(next) comes next, not \(slice)")
        if slice == own.lowerBound { waiting = [] }
        if slice == own.upperBound - 1 { addLast(slice) } else { put(slice) }
        next = slice == own.upperBound - 1 ? own.lowerBound : slice + 1
    }

    /// The sums of this rank's nodes, from the first slice to the last, once all slices are added.
    ///
    /// The last one lies in the gradient itself. They are good until the next slice is computed.
    public var nodes: [SliceNode] {
        precondition(next == own.lowerBound && !waiting.isEmpty, "slice \(next) is missing")
        return waiting.enumerated().map { index, slices in
            SliceNode(slices: slices, index == waiting.count - 1 ? gradient : stack[index])
        }
    }

    /// Floats held beside the gradient.
    public var memory: Int { stack.count * gradient.count }

    private func addLast(_ slice: Int) {
        var sum = slice..<slice + 1
        while let left = waiting.last, tree.isNode(left.lowerBound..<sum.upperBound) {
            addFloats(gradient.base, stack[waiting.count - 1].base, gradient.count, pool)
            sum = left.lowerBound..<sum.upperBound
            waiting.removeLast()
        }
        waiting.append(sum)
    }

    private func put(_ slice: Int) {
        var added = gradient
        var sum = slice..<slice + 1
        while let left = waiting.last, tree.isNode(left.lowerBound..<sum.upperBound) {
            let top = stack[waiting.count - 1]
            addFloats(top.base, added.base, gradient.count, pool)
            added = top
            sum = left.lowerBound..<sum.upperBound
            waiting.removeLast()
        }
        if added === gradient {
            copyFloats(stack[waiting.count].base, gradient.base, gradient.count, pool)
        }
        waiting.append(sum)
    }

    /// Most sums that wait at the same time before the last slice.
    private static func depth(_ tree: SliceTree, _ own: Range<Int>) -> Int {
        (own.lowerBound + 1..<own.upperBound).map { end in
            var waiting: [Range<Int>] = []
            for slice in own.lowerBound..<end {
                var sum = slice..<slice + 1
                while let left = waiting.last, tree.isNode(left.lowerBound..<sum.upperBound) {
                    sum = left.lowerBound..<sum.upperBound
                    waiting.removeLast()
                }
                waiting.append(sum)
            }
            return waiting.count
        }.max() ?? 0
    }
}
