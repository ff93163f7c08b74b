import Distributed
import Networks

/// Numbers that every rank needs before it computes gradients, each slice's in its own place so
/// that their sum has one order.
struct StepFacts {
    /// Weight of the photos of each slice.
    var weights: [Double]
    /// Photos that could not be read.
    var badPhotos = 0.0
    /// Ranks that cannot go on.
    var failures = 0.0
    /// The signal that a rank received, 0 for none.
    var signal = 0.0

    init(slices: Int) { weights = Array(repeating: 0, count: slices) }

    /// One over the weight of all photos.
    var scale: Float {
        let total = weights.reduce(0, +)
        return total > 0 ? Float(1 / total) : 0
    }

    /// Brings the numbers of all ranks together.
    mutating func share(_ communicator: any Communicator) throws {
        let slices = weights.count
        var signals = Array(repeating: 0.0, count: communicator.size)
        signals[communicator.rank] = signal
        var packed = weights + [badPhotos, failures] + signals
        try communicator.sum(&packed)
        weights = Array(packed[0..<slices])
        badPhotos = packed[slices]
        failures = packed[slices + 1]
        signal = packed[(slices + 2)...].max() ?? 0
    }
}

/// Losses and right answers of the slices.
struct SliceSums {
    private var losses: [Double]
    private var rights: [Double]

    init(slices: Int) {
        losses = Array(repeating: 0, count: slices)
        rights = losses
    }

    /// The loss of all slices, added in their order.
    var loss: Double { losses.reduce(0, +) }

    /// The right answers of all slices.
    var correct: Int { Int(rights.reduce(0, +)) }

    /// Notes what a slice came to.
    mutating func set(_ slice: Int, _ sum: LossSum) {
        losses[slice] = sum.loss
        rights[slice] = Double(sum.correct1)
    }

    /// Brings the slices of all ranks together.
    mutating func share(_ communicator: any Communicator) throws {
        var packed = losses + rights
        try communicator.sum(&packed)
        rights = Array(packed[losses.count...])
        losses = Array(packed[0..<losses.count])
    }
}
