import Tensors

/// How the sums of the tree's nodes become the total, a block of the flat buffer at a time.
///
/// The nodes' own memory is left as it is: what lies between them and the total is kept in slots of
/// scratch, as few as the tree is deep, which stay in the first caches.
struct TreeSum {
    /// Blocks of scratch that are needed.
    let slots: Int
    private let additions: [Addition]

    private enum Operand {
        case node(Int)
        case slot(Int)
    }

    private struct Addition {
        let slot: Int
        let left: Operand
        let right: Operand
    }

    /// The additions for nodes that follow one another and cover all slices of `tree`.
    init(_ tree: SliceTree, nodes: [Range<Int>]) {
        var places = nodes.indices.map { Operand.node($0) }
        var free: [Int] = []
        var slots = 0
        additions = tree.additions(nodes, endingIn: 0).map { to, from in
            let (left, right) = (places[to], places[from])
            if case .slot(let slot) = right { free.append(slot) }
            if case .slot(let slot) = left {
                return Addition(slot: slot, left: left, right: right)
            }
            if free.isEmpty {
                free.append(slots)
                slots += 1
            }
            let slot = free.removeLast()
            places[to] = .slot(slot)
            return Addition(slot: slot, left: left, right: right)
        }
        self.slots = slots
    }

    /// The total of the floats of `range`.
    ///
    /// - Parameters:
    ///   - nodes: for each node, the place of the flat buffer's first float.
    ///   - scratch: `slots` blocks of at least as many floats as `range`, each `stride` after the one
    ///     before.
    ///   - target: where the total must lie; nil = wherever, in a slot or in the only node.
    /// - Returns: where it lies.
    func total(
        _ range: Range<Int>,
        _ nodes: [UnsafeMutablePointer<Float>],
        scratch: UnsafeMutablePointer<Float>,
        stride: Int,
        target: UnsafeMutablePointer<Float>? = nil
    ) -> UnsafeMutablePointer<Float> {
        func place(_ operand: Operand) -> UnsafeMutablePointer<Float> {
            switch operand {
            case .node(let node): nodes[node] + range.lowerBound
            case .slot(let slot): scratch + slot * stride
            }
        }
        guard let last = additions.last else {
            let only = nodes[0] + range.lowerBound
            guard let target, target != only else { return only }
            target.update(from: only, count: range.count)
            return target
        }
        for addition in additions.dropLast() {
            let to = scratch + addition.slot * stride
            sumFloats(to, place(addition.left), place(addition.right), range.count)
        }
        let to = target ?? scratch + last.slot * stride
        sumFloats(to, place(last.left), place(last.right), range.count)
        return to
    }
}
