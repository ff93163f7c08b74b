public import Tensors

/// Adds the gradients of a rank's passes as the tree has it, while they come one after another.
///
/// A pass computes the sum of a node of the tree, one slice or several. One that waits for its other half is
/// computed where it will wait, on a stack as deep as the passes' part of the tree; the others, the last
/// among them, are computed in the gradient itself. So nothing is ever copied.
public final class SliceAccumulator {
    /// The slices of each pass, in order.
    public let passes: [Range<Int>]
    private let tree: SliceTree
    private let pool: ThreadPool
    /// The gradient, and the places above it where sums wait.
    public let places: [Storage]
    private var waiting: [Range<Int>] = []
    /// The pass that comes next or is being computed.
    private var next = 0
    /// Where the pass that has begun is computed.
    private var current: Int?

    /// Adds up the slices of `rank`; their total ends in `gradient`.
    ///
    /// - Parameters:
    ///   - passes: nodes of the tree that together are the slices of `rank`, in order.
    ///   - allocate: makes a place where a sum waits.
    public init(
        tree: SliceTree,
        rank: Int,
        passes: [Range<Int>],
        gradient: Storage,
        pool: ThreadPool,
        allocate: (Int) -> Storage = { Storage(count: $0) }
    ) {
        precondition(passes.allSatisfy(tree.isNode), "a pass is a node of the tree")
        precondition(
            passes.flatMap { Array($0) } == Array(tree.slices(of: rank)),
            "the passes are the slices of the rank"
        )
        self.tree = tree
        self.passes = passes
        self.pool = pool
        let copies = (0..<SliceAccumulator.copies(tree, passes)).map { _ in
            allocate(gradient.count)
        }
        places = [gradient] + copies
    }

    private var gradient: Storage { places[0] }

    /// Where the gradient of the next pass is to be written.
    public func begin() -> Storage {
        precondition(current == nil, "a pass has begun already")
        if next == 0 { waiting = [] }
        let slices = passes[next]
        let isLast = next == passes.count - 1
        let meetsItsHalf =
            waiting.last.map { tree.isNode($0.lowerBound..<slices.upperBound) } ?? false
        let place = isLast || meetsItsHalf ? 0 : waiting.count + 1
        current = place
        return places[place]
    }

    /// Takes the gradient just written; the last pass ends a step.
    public func add() {
        guard let place = current else { preconditionFailure("no pass has begun") }
        current = nil
        let isLast = next == passes.count - 1
        put(passes[next], from: place, isLast: isLast)
        next = isLast ? 0 : next + 1
    }

    /// Forgets the passes of a step that is left.
    public func drop() { (current, next, waiting) = (nil, 0, []) }

    /// The sums of this rank's nodes, from the first slice to the last, once all passes are added.
    ///
    /// The last one lies in the gradient itself. They are good until the next pass is computed.
    public var nodes: [SliceNode] {
        precondition(next == 0 && !waiting.isEmpty, "pass \(next) is missing")
        return waiting.enumerated().map { index, slices in
            SliceNode(slices: slices, index == waiting.count - 1 ? gradient : places[index + 1])
        }
    }

    /// This rank's only node, still to be computed, where all its slices are one pass; nil where it has
    /// several.
    public var onlyNode: SliceNode? {
        passes.count == 1 ? SliceNode(slices: passes[0], gradient) : nil
    }

    /// Floats held beside the gradient.
    public var memory: Int { (places.count - 1) * gradient.count }

    /// Adds what waits to the sum at `place` as far as it goes; the last sum of all ends in the gradient.
    private func put(_ slices: Range<Int>, from place: Int, isLast: Bool) {
        var place = place
        var sum = slices
        while let left = waiting.last, tree.isNode(left.lowerBound..<sum.upperBound) {
            let other = waiting.count
            let to = isLast ? 0 : other
            addFloats(places[to].base, places[isLast ? other : place].base, gradient.count, pool)
            place = to
            sum = left.lowerBound..<sum.upperBound
            waiting.removeLast()
        }
        waiting.append(sum)
    }

    /// Copies of the gradient in which sums wait while `passes` are computed: as many as wait at the same
    /// time before the last.
    public static func copies(_ tree: SliceTree, _ passes: [Range<Int>]) -> Int {
        var waiting: [Range<Int>] = []
        var most = 0
        for slices in passes.dropLast() {
            var sum = slices
            while let left = waiting.last, tree.isNode(left.lowerBound..<sum.upperBound) {
                sum = left.lowerBound..<sum.upperBound
                waiting.removeLast()
            }
            waiting.append(sum)
            most = max(most, waiting.count)
        }
        return most
    }
}
