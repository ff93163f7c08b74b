/// The photos of one batch, by index, in order.
public struct BatchRequest: Sendable, Equatable {
    /// Indices into the photo source.
    public var samples: [Int]
    /// The epoch, which augmentations depend on.
    public var epoch: Int
    /// What comes in the place of photos that cannot be read; nil = blanks.
    public var substitutes: Substitutes?

    /// Makes a request.
    public init(samples: [Int], epoch: Int, substitutes: Substitutes? = nil) {
        self.samples = samples
        self.epoch = epoch
        self.substitutes = substitutes
    }

    /// The order of an epoch, in which a photo that cannot be read gives its place to the next good one.
    ///
    /// So what stands at a place is a function of the epoch's order and the photos alone.
    public struct Substitutes: Sendable, Equatable {
        /// The photos of the epoch.
        public let order: [UInt32]
        /// Place of the request's first photo in it.
        public let first: Int

        /// Most photos that are tried for a place.
        public static let tries = 1000

        /// Makes substitutes for a request whose photos stand in `order` from `first` on.
        public init(order: [UInt32], first: Int) {
            self.order = order
            self.first = first
        }

        /// The photo that comes at the try number `number`, from 1, for the photo at `position` of the
        /// request; nil where there are no more.
        func photo(_ position: Int, try number: Int) -> Int? {
            guard number < min(order.count, Substitutes.tries) else { return nil }
            return Int(order[(first + position + number) % order.count])
        }
    }
}
