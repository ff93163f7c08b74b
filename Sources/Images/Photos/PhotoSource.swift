/// Where the photos of a run lie and what they show, by index.
public protocol PhotoSource: Sendable {
    /// The file of photo `index`.
    func path(_ index: Int) -> String
    /// The class of photo `index`; −1 = unknown.
    func label(_ index: Int) -> Int32
}
