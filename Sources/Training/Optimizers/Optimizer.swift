public import Tensors

/// A rule that turns gradients into new weights.
///
/// It works on a shard: some ranges of the flat buffer of values, with state of its own for those
/// ranges alone. Updates are elementwise, so how a buffer is cut never changes a bit.
public protocol Optimizer: AnyObject {
    /// What is remembered from step to step, each a float for each element of the shard.
    var state: [(name: String, values: Storage)] { get }

    /// Begins a step.
    ///
    /// - Parameter gradientScale: multiplies each gradient first.
    /// - Returns: what updates a block; called once for each of the shard's, by any thread.
    func begin(learningRate: Float, gradientScale: Float) -> BlockRule

    /// Told when state was read from a checkpoint that was written after `step` steps.
    func resumed(atStep step: Int)
}

/// Updates the values of a block in place by its gradients; both begin with the block's first.
public typealias BlockRule = (
    _ block: UpdateBlock, _ values: UnsafeMutablePointer<Float>,
    _ gradients: UnsafePointer<Float>
) -> Void

extension Optimizer {
    /// Does nothing: most rules do not depend on the number of the step.
    public func resumed(atStep step: Int) {}
}

/// A run of elements that an optimizer updates in one task.
public struct UpdateBlock: Sendable, Equatable {
    /// Place in the flat buffer of values.
    public let range: Range<Int>
    /// Place of the first element in the optimizer's state.
    public let offset: Int
    /// Whether weight decay applies.
    public let decays: Bool
    /// Factor of the learning rate.
    public let rate: Float

    /// Names a run of elements.
    public init(range: Range<Int>, offset: Int, decays: Bool, rate: Float = 1) {
        self.range = range
        self.offset = offset
        self.decays = decays
        self.rate = rate
    }

    /// The elements of `range`, which lies inside.
    func part(_ range: Range<Int>) -> UpdateBlock {
        UpdateBlock(
            range: range,
            offset: offset + range.lowerBound - self.range.lowerBound,
            decays: decays,
            rate: rate
        )
    }
}
