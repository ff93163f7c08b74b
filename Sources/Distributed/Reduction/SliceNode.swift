public import Tensors

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
