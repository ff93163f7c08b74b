import Distributed
import Foundation
import Networks

/// Why ranks leave a step before they change anything.
struct Departure: Equatable {
    /// The signal that ends the run; 0 = none does.
    var stop: Int32 = 0
    /// Whether the state is to be kept now, because an end may be near, and the run to go on.
    var pauses = false

    /// What the reason of an interruption comes to.
    init(_ reason: Int32) {
        pauses = reason == StopSignals.warning
        stop = pauses ? 0 : reason
    }

    /// Whether the step is left.
    var isWanted: Bool { stop != 0 || pauses }

    /// Numbers whose sums over all ranks tell what they come to together.
    func packed(_ communicator: any Communicator) -> [Double] {
        var stops = Array(repeating: 0.0, count: communicator.size)
        stops[communicator.rank] = Double(stop)
        return [pauses ? 1 : 0] + stops
    }

    /// What the wishes of all ranks come to; the highest signal is the run's.
    init(sums: ArraySlice<Double>) {
        pauses = sums.first ?? 0 > 0
        stop = Int32(sums.dropFirst().max() ?? 0)
    }
}

/// Numbers that every rank needs before it computes gradients, each slice's in its own place so
/// that their sum has one order.
struct StepFacts {
    /// Weight of the photos of each slice.
    var weights: [Double]
    /// Places whose own photo could not be read.
    var badPlaces = 0.0
    /// Places for which no photo was found.
    var blanks = 0.0
    /// Ranks that cannot go on.
    var failures = 0.0
    /// Whether the time between checkpoints is over by the clock of rank 0, which alone says so.
    var checkpointIsDue = false
    /// Whether to leave the step.
    var departure: Departure

    init(slices: Int, _ departure: Departure) {
        weights = Array(repeating: 0, count: slices)
        self.departure = departure
    }

    /// One over the weight of all photos.
    var scale: Float {
        let total = weights.reduce(0, +)
        return total > 0 ? Float(1 / total) : 0
    }

    /// Brings the numbers of all ranks together.
    mutating func share(_ communicator: any Communicator) throws {
        let slices = weights.count
        var packed =
            weights + [badPlaces, blanks, failures, checkpointIsDue ? 1 : 0]
            + departure.packed(communicator)
        try communicator.sum(&packed)
        weights = Array(packed[0..<slices])
        badPlaces = packed[slices]
        blanks = packed[slices + 1]
        failures = packed[slices + 2]
        checkpointIsDue = packed[slices + 3] > 0
        departure = Departure(sums: packed[(slices + 4)...])
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
    ///
    /// - Parameter departure: whether this rank left the passes.
    /// - Returns: whether any did; the sums are worthless then.
    mutating func share(
        _ communicator: any Communicator,
        _ departure: Departure
    ) throws -> Departure {
        let slices = losses.count
        var packed = losses + rights + departure.packed(communicator)
        // What a rank that leaves has computed may be no numbers, and must not spoil the others' wishes.
        if departure.isWanted { for index in 0..<2 * slices { packed[index] = 0 } }
        try communicator.sum(&packed)
        losses = Array(packed[0..<slices])
        rights = Array(packed[slices..<2 * slices])
        return Departure(sums: packed[(2 * slices)...])
    }
}
