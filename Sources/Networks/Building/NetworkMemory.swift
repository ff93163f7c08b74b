import Tensors

/// All memory of a network: four allocations of exact size.
final class NetworkMemory {
    let values: Storage
    let gradients: Storage
    let activations: Storage
    let scratch: Storage
    /// Number of trainable floats, which lie before the statistics.
    let trainable: Int
    /// Where each buffer of the plan lies in `activations`.
    let offsets: [Int]

    /// Makes room for all that `builder` measured.
    init(_ builder: Builder) {
        let count = builder.trainable + builder.statistics
        let plan = builder.plan.place()
        trainable = builder.trainable
        offsets = plan.offsets
        values = Storage(count: count)
        gradients = Storage(count: builder.purpose == .training ? count : 0)
        activations = Storage(count: plan.count)
        scratch = Storage(count: builder.scratchCount)
    }
}

/// What a network holds, in floats of four bytes.
public struct MemoryUse: Sendable, Equatable {
    /// Parameters and running statistics.
    public let values: Int
    /// Their gradients; 0 for evaluation.
    public let gradients: Int
    /// Activations and their gradients.
    public let activations: Int
    /// Working memory that layers share.
    public let scratch: Int

    /// All of it in bytes.
    public var bytes: Int {
        (values + gradients + activations + scratch) * MemoryLayout<Float>.stride
    }
}
