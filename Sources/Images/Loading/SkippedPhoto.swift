/// A photo that could not be used: another stands in its place, or a blank.
public struct SkippedPhoto: Codable, Sendable, Equatable {
    /// Its file.
    public var path: String
    /// Why.
    public var reason: String

    /// Names a photo and what is wrong with it.
    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }
}
