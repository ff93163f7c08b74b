/// A named set of training settings to start from.
public enum Recipe: String, CaseIterable, Codable, Sendable {
    /// Built-in landmarks and a small network, in a minute or two.
    case demo
    /// The settings of the Keras tutorial that this program grew out of.
    case tutorial
    /// The default for photos of landmarks, from random weights.
    case landmark

    /// The settings.
    public var configuration: TrainingConfiguration {
        switch self {
        case .demo: .demo
        case .tutorial: .tutorial
        case .landmark: .landmark
        }
    }
}
