/// Mean and deviation of each channel, of values in [0, 1], that the network's input is freed of.
public struct Normalisation: Sendable, Equatable {
    /// Subtracted first.
    public let mean: SIMD3<Float>
    /// Divided by then.
    public let deviation: SIMD3<Float>

    /// Makes a normalisation (value − mean) / deviation of red, green and blue.
    public init(mean: SIMD3<Float>, deviation: SIMD3<Float>) {
        self.mean = mean
        self.deviation = deviation
    }

    /// The values of ImageNet that torchvision's networks were trained with.
    public static let imageNet = Normalisation(
        mean: SIMD3(0.485, 0.456, 0.406),
        deviation: SIMD3(0.229, 0.224, 0.225)
    )

    /// Values stay in [0, 1].
    public static let unit = Normalisation(mean: .zero, deviation: .one)
}
