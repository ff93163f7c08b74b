import Files
import Foundation
import Tensors

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

/// The bytes of one file at a time, in memory that serves for file after file.
struct FileBuffer: ~Copyable {
    /// What is longer is no photo.
    static let limit = 1 << 28
    /// Memory above this is given back when the next file needs less than half of it.
    private static let keep = 1 << 24

    private var memory = UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
    private var count = 0

    deinit { free(memory.baseAddress) }

    /// The bytes of the file read last, valid until the next is read.
    var bytes: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: memory.prefix(count))
    }

    /// Reads the whole file of a photo, or copies the bytes that are at hand.
    mutating func read(_ photo: PhotoBytes) throws(PhotoError) {
        guard let bytes = photo.bytes else { return try read(photo.name) }
        count = 0
        guard bytes.count <= FileBuffer.limit else {
            throw .tooLarge(
                path: photo.name,
                reason: "more than \(FileBuffer.limit >> 20) MiB are no photo"
            )
        }
        reserve(bytes.count)
        _ = memory.initialize(from: bytes)
        count = bytes.count
    }

    /// Reads the whole file at `path`.
    private mutating func read(_ path: String) throws(PhotoError) {
        count = 0
        let file = openFile(path, O_RDONLY | O_NONBLOCK)
        guard file >= 0 else {
            let reason =
                errno == ENOENT ? "there is no such file" : String(cString: strerror(errno))
            throw .unreadable(path: path, reason: reason)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(path: path, reason: "this is no regular file")
        }
        let size = Int(status.st_size)
        guard size <= FileBuffer.limit else {
            throw .tooLarge(path: path, reason: "a file of \(size >> 20) MiB is no photo")
        }
        reserve(size)
        while count < size {
            let got = Foundation.read(file, memory.baseAddress?.advanced(by: count), size - count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else {
                throw .unreadable(path: path, reason: String(cString: strerror(errno)))
            }
            guard got > 0 else { return }
            count += got
        }
    }

    private mutating func reserve(_ size: Int) {
        let wasteful = memory.count > FileBuffer.keep && memory.count > 2 * size
        guard memory.count < size || wasteful else { return }
        free(memory.baseAddress)
        let capacity = max(size + size / 4, 1 << 16)
        memory = UnsafeMutableBufferPointer(
            start: Shortage.memory(capacity).bindMemory(to: UInt8.self, capacity: capacity),
            count: capacity
        )
    }
}
