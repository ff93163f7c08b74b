import Tensors

/// All memory of a network: five allocations of exact size.
final class NetworkMemory {
    let values: Storage
    let gradients: Storage
    /// Where backward writes the gradients.
    let target: GradientTarget
    let activations: Storage
    let filters: Storage
    let scratch: Storage
    /// Number of trainable floats, which lie before the statistics.
    let trainable: Int
    /// Where each buffer of the plan lies in `activations`.
    let offsets: [Int]

    /// Makes room for all that `builder` measured, for gradients by `allocate`; `values` are as many zeros
    /// as it asks for, nil = made here.
    init(_ builder: Builder, values given: Storage?, _ allocate: (Int) -> Storage) {
        let use = builder.memoryUse
        trainable = builder.trainable
        offsets = builder.plan.place().offsets
        precondition(given.map { $0.count == use.values } ?? true, "values of another network")
        values = given ?? Storage(count: use.values)
        gradients = allocate(use.gradients)
        target = GradientTarget(gradients)
        activations = Storage(count: use.activations)
        filters = Storage(count: use.filters)
        scratch = Storage(count: use.scratch)
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
    /// Filters in the form that kernels read, where they are kept from pass to pass.
    public let filters: Int
    /// Working memory that layers share.
    public let scratch: Int

    /// All of it in bytes.
    public var bytes: Int {
        (values + gradients + activations + filters + scratch) * MemoryLayout<Float>.stride
    }
}

extension Builder {
    /// What has been asked for so far.
    var memoryUse: MemoryUse {
        let values = trainable + statistics
        return MemoryUse(
            values: values,
            gradients: purpose == .training ? values : 0,
            activations: plan.place().count,
            filters: filterCount,
            scratch: scratchCount
        )
    }
}
