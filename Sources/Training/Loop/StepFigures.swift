import Distributed
import Images
import Networks
import Tensors

/// Where a rank's time goes in one step, in seconds.
public struct StepTimes: Codable, Sendable, Equatable {
    /// From photos to logits and loss.
    public var forward = 0.0
    /// From the loss to the gradients, their zeroing and the sums over a rank's slices included.
    public var backward = 0.0
    /// Waiting for other ranks, and the exchange with the update in its middle.
    public var exchange = 0.0
    /// The optimizer and all else that changes the weights, on a rank alone.
    public var update = 0.0

    /// No time at all.
    public init() {}

    /// Adds the seconds that `body` takes to `part`.
    mutating func measure<T>(
        _ part: WritableKeyPath<StepTimes, Double>,
        _ body: () throws -> T
    ) rethrows -> T {
        let start = ContinuousClock.now
        defer { self[keyPath: part] += (ContinuousClock.now - start).seconds }
        return try body()
    }
}

/// The time since the beginning of a step.
struct StepClock {
    private let begin = ContinuousClock.now
    /// Seconds until the photos were there.
    private(set) var dataSeconds = 0.0
    /// Where the rest went.
    var times = StepTimes()

    /// Seconds since the beginning.
    var seconds: Double { (ContinuousClock.now - begin).seconds }

    /// Ends the waiting for photos.
    mutating func photosCame() { dataSeconds = seconds }
}

/// The photos of a step, all of them and this rank's.
struct GlobalBatch {
    /// Number of the step, from 0.
    let step: Int
    /// Positions of each slice in the batch, for all slices.
    let slices: [Range<Int>]
    /// This rank's photos, slice after slice.
    let photos: LoadedBatch
    /// One over the weight of all photos.
    let scale: Float

    /// Number of photos, over all ranks.
    var count: Int { slices.last?.upperBound ?? 0 }
}

/// Why ranks leave a step before they change anything.
struct Departure: Codable, Sendable, Equatable {
    /// The signal that ends the run; 0 = none does.
    var stop: Int32 = 0
    /// Whether the state is to be kept now, because an end may be near, and the run to go on.
    var pauses = false

    /// What the reason of an interruption comes to.
    init(_ reason: Int32) {
        pauses = reason == StopSignals.warning
        stop = pauses ? 0 : reason
    }

    /// What the requests of all ranks come to; the highest signal is the run's.
    init(_ all: some Collection<Departure>) {
        pauses = all.contains { $0.pauses }
        stop = all.map(\.stop).max() ?? 0
    }

    /// Whether the step is left.
    var isWanted: Bool { stop != 0 || pauses }
}

/// What a rank has to tell before it computes gradients.
struct StepReadiness: Codable, Sendable {
    /// Weight of the photos of each of its slices.
    var weights: [Double]
    /// Places whose own photo could not be read.
    var badPlaces = 0
    /// Places for which no photo was found.
    var blanks = 0
    /// Whether it cannot go on.
    var isFailed = false
    /// Whether the time between checkpoints is over by its clock, on rank 0 alone.
    var checkpointIsDue = false
    /// Whether it is to leave.
    var departure: Departure
}

/// What every rank knows before it computes gradients.
struct StepFacts {
    /// One over the weight of all photos, added up in the order of the slices.
    let scale: Float
    /// Places whose own photo could not be read.
    let badPlaces: Int
    /// Places for which no photo was found.
    let blanks: Int
    /// Whether some rank cannot go on.
    let isFailed: Bool
    /// Whether the time between checkpoints is over.
    let checkpointIsDue: Bool
    /// Whether to leave the step.
    let departure: Departure

    /// What the ranks told one another, in rank order.
    init(_ ranks: [StepReadiness]) {
        let weight = ranks.flatMap(\.weights).reduce(0, +)
        scale = weight > 0 ? Float(1 / weight) : 0
        badPlaces = ranks.reduce(0) { $0 + $1.badPlaces }
        blanks = ranks.reduce(0) { $0 + $1.blanks }
        isFailed = ranks.contains(where: \.isFailed)
        checkpointIsDue = ranks.contains(where: \.checkpointIsDue)
        departure = Departure(ranks.map(\.departure))
    }
}

/// Losses and right answers of slices that have photos, in their order, and whether their passes were left.
struct SliceSums: Codable, Sendable {
    private(set) var losses: [Double] = []
    private(set) var correct: [Int] = []
    var departure = Departure(0)

    /// Adds the next slice.
    mutating func append(_ sum: LossSum) {
        losses.append(sum.loss)
        correct.append(sum.correct1)
    }

    /// No sums yet.
    init() {}

    /// The sums of all ranks, in rank order, which is that of the slices; those of ranks that left are
    /// worthless and go.
    init(_ ranks: [SliceSums]) {
        losses = ranks.flatMap(\.losses)
        correct = ranks.flatMap(\.correct)
        departure = Departure(ranks.map(\.departure))
    }

    /// The loss of all slices, added in their order.
    var loss: Double { losses.reduce(0, +) }

    /// The right answers of all slices.
    var rightAnswers: Int { correct.reduce(0, +) }
}
