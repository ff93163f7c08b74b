/// Where the photos of a run lie and what they show, by index.
public protocol PhotoSource: Sendable {
    /// The file of photo `index`, or what it is called where it has none.
    func path(_ index: Int) -> String
    /// Photo `index` as what is to be read.
    func photo(_ index: Int) -> PhotoBytes
    /// The class of photo `index`; −1 = unknown.
    func label(_ index: Int) -> Int32
}

extension PhotoSource {
    /// Photo `index` as what is to be read: a file, unless the source has the bytes themselves.
    public func photo(_ index: Int) -> PhotoBytes { PhotoBytes(path: path(index)) }
}

/// A photo as bytes with a name: those of a file that is yet to be read, or bytes at hand.
public struct PhotoBytes: Sendable {
    /// Bytes beyond which nothing is taken for a photo.
    public static let limit = FileBuffer.limit

    /// The path of the file, or what messages call the bytes.
    public let name: String
    /// The bytes at hand; nil = those of the file.
    let bytes: [UInt8]?

    /// The file at `path`.
    public init(path: String) {
        name = path
        bytes = nil
    }

    /// Bytes at hand.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}
