/// What was made of a file of weights, for the user to know.
public struct WeightsReport: Codable, Sendable, Equatable {
    /// Names of the parameters that were left as they are.
    public internal(set) var kept: [String] = []
    /// What was taken off, converted, replaced or left out, a line each.
    public internal(set) var notes: [String] = []
}

/// What becomes of a network's last layer when weights are read.
public enum HeadRule: Sendable, Equatable {
    /// The file must have one that fits.
    case required
    /// It is read where it fits; else it stays as it is.
    case ifItFits
    /// It stays as it is, for the reason given.
    case kept(String)
}
