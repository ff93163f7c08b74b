/// What is done about classes of unlike size.
public enum Balance: String, CaseIterable, Codable, Sendable {
    /// Every photo counts the same and is seen once an epoch.
    case none
    /// The loss of a photo is weighted by the inverse frequency of its class.
    case weights
    /// Photos of rare classes are drawn more often.
    case sampling
}
