public import Tensors

/// All parameters of a network in one flat buffer, and their gradients in another.
///
/// Trainable parameters come first, in forward order; running statistics follow.
public final class ParameterStore {
    /// The values.
    public let values: Storage
    /// The gradients, laid out like the values; empty for evaluation.
    ///
    /// In the place of a running statistic lies the batch's.
    public let gradients: Storage
    /// The range that an optimizer changes.
    public let trainable: Range<Int>
    /// What lies where, in forward order.
    public let parameters: [Parameter]
    /// Prefixes of the batch norms' names.
    public let batchNorms: [String]
    /// Names and shapes of the parameters.
    public var table: ParameterTable {
        ParameterTable(parameters: parameters, batchNorms: batchNorms)
    }
    private let target: GradientTarget
    let pool: ThreadPool
    private let segments: [(range: Range<Int>, decays: Bool)]

    init(_ builder: Builder, _ memory: NetworkMemory, _ pool: ThreadPool) {
        values = memory.values
        gradients = memory.gradients
        target = memory.target
        trainable = 0..<builder.trainable
        parameters = builder.parameters
        batchNorms = builder.batchNorms
        self.pool = pool
        var segments: [(range: Range<Int>, decays: Bool)] = []
        for parameter in parameters where parameter.isTrainable {
            if let last = segments.last, last.decays == parameter.decays {
                segments[segments.count - 1].range =
                    last.range.lowerBound..<parameter.range.upperBound
            } else {
                segments.append((parameter.range, parameter.decays))
            }
        }
        self.segments = segments
    }

    /// Floats in all, trainable or not.
    public var count: Int { values.count }

    /// Lets the passes from now on write their gradients to `storage`, laid out like `gradients`, where
    /// they go at first.
    public func writeGradients(to storage: Storage) {
        precondition(storage.count == gradients.count, "gradients of another network")
        target.storage = storage
    }

    /// Sets all values to their start, a function of the seed and the parameter's name alone.
    public func initialize(seed: UInt64) {
        for parameter in parameters {
            let key = hash(parameter.name)
            let values = values.slice(parameter.range)
            // An even grain keeps the pairs of normal deviates whole.
            let grain = 1 << 16
            pool.parallelRanges(values.count, grain: grain) { range, _ in
                parameter.initial.fill(
                    UnsafeMutableBufferPointer(rebasing: values[range]),
                    seed: seed,
                    key: key,
                    block: range.lowerBound / grain
                )
            }
        }
    }

    /// Cuts the trainable part of `range` where weight decay begins or ends to apply.
    public func decaySegments(in range: Range<Int>) -> [(range: Range<Int>, decays: Bool)] {
        guard !range.isEmpty else { return [] }
        var low = 0
        var high = segments.count
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].range.upperBound <= range.lowerBound {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return segments[low...].prefix { $0.range.lowerBound < range.upperBound }
            .map { ($0.range.clamped(to: range), $0.decays) }
    }

    /// FNV-1a of a name (Fowler, Noll and Vo), the same on every machine.
    private func hash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}
