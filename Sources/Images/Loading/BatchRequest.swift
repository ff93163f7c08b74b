/// The photos of one batch, by index, in order.
public struct BatchRequest: Sendable, Equatable {
    /// Indices into the photo source.
    public var samples: [Int]
    /// The epoch, which augmentations depend on.
    public var epoch: Int

    /// Makes a request.
    public init(samples: [Int], epoch: Int) {
        self.samples = samples
        self.epoch = epoch
    }
}
