/// Where a rank's time goes in one step, in seconds.
public struct StepParts: Codable, Sendable, Equatable {
    /// From photos to logits and loss.
    public var forward = 0.0
    /// From the loss to the gradients, their zeroing and the sums over a rank's slices included.
    public var backward = 0.0
    /// Waiting for other ranks, and adding up gradients, updating and giving weights in one pass.
    public var exchange = 0.0
    /// The optimizer and all else that changes the weights, on a rank alone.
    public var update = 0.0

    /// No time at all.
    public init() {}
}
