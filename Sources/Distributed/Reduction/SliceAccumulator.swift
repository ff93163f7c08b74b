public import Tensors

/// Adds the gradients of a rank's slices as the tree has it, while they come one after another.
///
/// A slice that waits for its other half is computed where it will wait, on a stack as deep as the
/// tree and not as the number of slices; the others, the last among them, are computed in the gradient
/// itself. So nothing is ever copied, and what was added is zero again for the next slice.
public final class SliceAccumulator {
    private let tree: SliceTree
    private let own: Range<Int>
    private let pool: ThreadPool
    /// The gradient, and the places above it where sums wait.
    public let places: [Storage]
    private var isZero: [Bool]
    private var waiting: [Range<Int>] = []
    private var next: Int
    /// Where the slice that has begun is computed.
    private var current: Int?

    /// Adds up the slices of `rank`; their total ends in `gradient`.
    ///
    /// - Parameter allocate: makes the zeros of a place where a sum waits.
    public init(
        tree: SliceTree,
        rank: Int,
        gradient: Storage,
        pool: ThreadPool,
        allocate: (Int) -> Storage = { Storage(count: $0) }
    ) {
        self.tree = tree
        self.pool = pool
        own = tree.slices(of: rank)
        next = own.lowerBound
        let copies = (0..<SliceAccumulator.depth(tree, own)).map { _ in
            allocate(gradient.count)
        }
        places = [gradient] + copies
        isZero = places.map { $0 !== gradient }
    }

    private var gradient: Storage { places[0] }

    /// Zeros to which the gradient of `slice` is added; slices come in order.
    public func begin(slice: Int) -> Storage {
        precondition(slice == next && current == nil, "slice \(next) comes next, not \(slice)")
        if slice == own.lowerBound { waiting = [] }
        let isLast = slice == own.upperBound - 1
        let meetsItsHalf = waiting.last.map { tree.isNode($0.lowerBound..<slice + 1) } ?? false
        let place = isLast || meetsItsHalf ? 0 : waiting.count + 1
        if !isZero[place] { fillZero(places[place].base, gradient.count, pool) }
        isZero[place] = false
        current = place
        return places[place]
    }

    /// Takes the gradient just computed for `slice`; the last one ends a step.
    public func add(slice: Int) {
        guard let place = current, slice == next else {
            preconditionFailure("slice \(slice) has not begun")
        }
        current = nil
        if slice == own.upperBound - 1 { addLast(slice) } else { put(slice, from: place) }
        next = slice == own.upperBound - 1 ? own.lowerBound : slice + 1
    }

    /// The sums of this rank's nodes, from the first slice to the last, once all slices are added.
    ///
    /// The last one lies in the gradient itself. They are good until the next slice is computed.
    public var nodes: [SliceNode] {
        precondition(next == own.lowerBound && !waiting.isEmpty, "slice \(next) is missing")
        return waiting.enumerated().map { index, slices in
            SliceNode(slices: slices, index == waiting.count - 1 ? gradient : places[index + 1])
        }
    }

    /// Floats held beside the gradient.
    public var memory: Int { (places.count - 1) * gradient.count }

    private func addLast(_ slice: Int) {
        var sum = slice..<slice + 1
        while let left = waiting.last, tree.isNode(left.lowerBound..<sum.upperBound) {
            drain(waiting.count, into: 0)
            sum = left.lowerBound..<sum.upperBound
            waiting.removeLast()
        }
        waiting.append(sum)
    }

    private func put(_ slice: Int, from place: Int) {
        var added = place
        var sum = slice..<slice + 1
        while let left = waiting.last, tree.isNode(left.lowerBound..<sum.upperBound) {
            drain(added, into: waiting.count)
            added = waiting.count
            sum = left.lowerBound..<sum.upperBound
            waiting.removeLast()
        }
        waiting.append(sum)
    }

    private func drain(_ from: Int, into to: Int) {
        drainFloats(places[to].base, places[from].base, gradient.count, pool)
        isZero[from] = true
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
