public import Tensors

/// All parameters of a network in one flat buffer, and their gradients in another.
///
/// Frozen parameters and statistics come first, then trainable parameters in forward order, then running
/// statistics.
public final class ParameterStore {
    /// The values.
    public let values: Storage
    /// The gradients of the values `live`; empty for evaluation.
    ///
    /// In the place of a running statistic lies the batch's.
    public let gradients: Storage
    /// Where the gradients would begin if frozen parameters had one.
    public var flatGradients: UnsafeMutablePointer<Float> { gradients.base - live.lowerBound }
    /// The range that training changes: all behind frozen parameters.
    public var live: Range<Int> { table.live }
    /// Whether there are gradients.
    var hasGradients: Bool { gradients.count == live.count }
    /// The range that an optimizer changes.
    public let trainable: Range<Int>
    /// Names and shapes of the parameters.
    public let table: ParameterTable
    /// What lies where, in forward order.
    public var parameters: [Parameter] { table.parameters }
    /// Prefixes of the batch norms' names.
    public var batchNorms: [String] { table.batchNorms }
    private let target: GradientTarget
    let pool: ThreadPool
    private let segments: [UpdateSegment]
    private let ranges: [String: Range<Int>]

    init(_ table: ParameterTable, values: Storage, gradients: Storage, _ pool: ThreadPool) {
        self.table = table
        self.values = values
        self.gradients = gradients
        target = GradientTarget(gradients)
        trainable = table.trainable
        self.pool = pool
        ranges = Dictionary(
            table.parameters.map { ($0.name, $0.range) },
            uniquingKeysWith: { first, _ in first }
        )
        var segments: [UpdateSegment] = []
        for parameter in table.parameters where parameter.isTrainable {
            if let last = segments.last, last.decays == parameter.decays,
                last.isHead == parameter.isHead
            {
                segments[segments.count - 1].range =
                    last.range.lowerBound..<parameter.range.upperBound
            } else {
                segments.append(
                    UpdateSegment(
                        range: parameter.range,
                        decays: parameter.decays,
                        isHead: parameter.isHead
                    )
                )
            }
        }
        self.segments = segments
    }

    /// Where a parameter of the network lies.
    func range(_ name: String) -> Range<Int> {
        guard let range = ranges[name] else { preconditionFailure("a network without \(name)") }
        return range
    }

    /// Where a parameter of the network and its gradient lie.
    func place(_ name: String) -> ParameterPlace {
        let offset = range(name).lowerBound
        return ParameterPlace(
            value: values.base + offset,
            target: target,
            offset: hasGradients ? max(0, offset - live.lowerBound) : 0
        )
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

    /// Cuts the trainable part of `range` where weight decay begins or ends to apply, and where the head begins.
    public func decaySegments(in range: Range<Int>) -> [UpdateSegment] {
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
            .map {
                UpdateSegment(
                    range: $0.range.clamped(to: range),
                    decays: $0.decays,
                    isHead: $0.isHead
                )
            }
    }

    /// FNV-1a of a name (Fowler, Noll and Vo), the same on every machine.
    private func hash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}

/// A run of trainable parameters that an optimizer treats alike.
public struct UpdateSegment: Sendable, Equatable {
    /// The floats, in the flat buffer.
    public var range: Range<Int>
    /// Whether weight decay applies.
    public let decays: Bool
    /// Whether they belong to the head.
    public let isHead: Bool
}

/// Where a parameter and its gradient lie.
public struct ParameterPlace {
    /// The values.
    public let value: UnsafeMutablePointer<Float>
    fileprivate let target: GradientTarget
    fileprivate let offset: Int

    /// The gradient, which may lie elsewhere in the next pass; of no use in a network for evaluation and for
    /// frozen parameters.
    public var gradient: UnsafeMutablePointer<Float> { target.storage.base + offset }
}

/// The flat gradient that backward writes at the moment.
private final class GradientTarget {
    var storage: Storage

    init(_ storage: Storage) { self.storage = storage }
}
