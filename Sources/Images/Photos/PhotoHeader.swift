/// What is known of a photo without decoding it.
public struct PhotoHeader: Sendable, Equatable {
    /// Columns when upright.
    public var width: Int
    /// Rows when upright.
    public var height: Int
    /// Channels as stored: 1 gray, 2 gray and alpha, 3 colour, 4 inks, or colour and alpha.
    public var components: Int
    /// Whether the photo is stored as a series of refinements, such as a progressive JPEG or
    /// an interlaced PNG.
    public var isProgressive: Bool
    /// Size of the file in bytes.
    public var bytes: Int
    /// How the stored photo must be turned to be upright.
    let orientation: Orientation

    /// Columns as stored.
    var storedWidth: Int { orientation.transposed ? height : width }
    /// Rows as stored.
    var storedHeight: Int { orientation.transposed ? width : height }
}
