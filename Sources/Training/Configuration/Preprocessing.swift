/// How a photo becomes the square that a network sees.
public enum Preprocessing: String, CaseIterable, Codable, Sendable {
    /// Random resized crops in training and a centre crop in evaluation, both antialiased and
    /// normalised with ImageNet's mean and deviation.
    case crop
    /// The whole photo stretched to the square with plain bilinear interpolation, values in [0, 1].
    case stretch
}
