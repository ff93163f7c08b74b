/// Strengths of the random changes that photos undergo in training.
public struct AugmentationSettings: Codable, Sendable, Equatable {
    /// Smallest share of the photo's area that a random resized crop keeps; 1 = no random crop.
    public var minimumScale: Double
    /// Probability of mirroring left and right.
    public var flip: Double
    /// Largest relative change of brightness, contrast and saturation; 0 = none.
    public var colourJitter: Double
    /// Probability of erasing a random rectangle.
    public var erasing: Double

    /// No change at all.
    public static let none = AugmentationSettings(
        minimumScale: 1,
        flip: 0,
        colourJitter: 0,
        erasing: 0
    )

    /// Makes settings from the four strengths.
    public init(minimumScale: Double, flip: Double, colourJitter: Double, erasing: Double) {
        self.minimumScale = minimumScale
        self.flip = flip
        self.colourJitter = colourJitter
        self.erasing = erasing
    }
}
