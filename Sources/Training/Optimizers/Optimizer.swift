public import Tensors

/// A rule that turns gradients into new weights.
///
/// It works on a shard: some ranges of the flat buffer of values, with state of its own for those
/// ranges alone. Updates are elementwise, so how a buffer is cut never changes a bit.
public protocol Optimizer: AnyObject {
    /// What is remembered from step to step, each a float for each element of the shard.
    var state: [(name: String, values: Storage)] { get }

    /// Updates the values of `blocks`.
    ///
    /// - Parameters:
    ///   - values: the flat buffer of values, whole.
    ///   - gradients: laid out like the values.
    ///   - blocks: this rank's elements, in pieces for one thread each.
    ///   - gradientScale: multiplies each gradient first.
    func step(
        values: UnsafeMutablePointer<Float>,
        gradients: UnsafePointer<Float>,
        blocks: [UpdateBlock],
        learningRate: Float,
        gradientScale: Float,
        pool: ThreadPool
    )

    /// Told when state was read from a checkpoint that was written after `step` steps.
    func resumed(atStep step: Int)
}

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

    /// Names a run of elements.
    public init(range: Range<Int>, offset: Int, decays: Bool) {
        self.range = range
        self.offset = offset
        self.decays = decays
    }

    /// Cuts a range into blocks of at most `size` elements.
    static func cut(
        _ range: Range<Int>,
        offset: Int,
        decays: Bool,
        size: Int = 1 << 15
    ) -> [UpdateBlock] {
        stride(from: range.lowerBound, to: range.upperBound, by: size).map { start in
            UpdateBlock(
                range: start..<min(start + size, range.upperBound),
                offset: offset + start - range.lowerBound,
                decays: decays
            )
        }
    }
}
