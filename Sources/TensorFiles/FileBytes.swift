import Files
import Foundation

/// Why a file is refused: what is wrong with it and what to do.
struct Refusal: Error {
    let reason: String
    let advice: String

    init(_ reason: String, advice: String = "use another file or copy it again") {
        self.reason = reason
        self.advice = advice
    }
}

/// The bytes of a regular file, read where they are asked for.
final class FileBytes {
    let path: String
    let size: Int
    private let descriptor: Int32

    /// Opens `path`.
    ///
    /// - Throws: `FileError` where it cannot be read; `Refusal` where it is a folder, a device or a pipe.
    init(_ path: String) throws {
        self.path = path
        // A pipe that nobody writes to would hold up the opening.
        let descriptor = openFile(path, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else { throw fileError("cannot open", path) }
        self.descriptor = descriptor
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let error = fileError("cannot read", path)
            close(descriptor)
            throw error
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw Refusal("it is no regular file", advice: "give a file that lies on a disk")
        }
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// The bytes `range`, which must lie within the file.
    func read(_ range: Range<Int>) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            try read(into: UnsafeMutableRawBufferPointer(buffer), at: range.lowerBound)
            count = range.count
        }
    }

    /// Fills `buffer` with the bytes from `place` on.
    func read(into buffer: UnsafeMutableRawBufferPointer, at place: Int) throws {
        var count = 0
        while count < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
            let got = pread(
                descriptor,
                rest.baseAddress,
                min(rest.count, 1 << 30),
                off_t(place + count)
            )
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw fileError("cannot read", path) }
            guard got > 0 else { throw Refusal("it became shorter while it was read") }
            count += got
        }
    }
}

/// Reads bytes one after another, within bounds.
struct ByteReader {
    private let file: FileBytes
    private let end: Int
    /// What is being read, for messages.
    private let what: String
    private var window: [UInt8] = []
    private var windowStart: Int
    private var next = 0

    /// Begins to read `range` of the file.
    init(_ file: FileBytes, _ range: Range<Int>, of what: String) {
        self.file = file
        self.what = what
        windowStart = range.lowerBound
        end = range.upperBound
    }

    /// Byte of the file that comes next.
    var place: Int { windowStart + next }

    /// Bytes that are left.
    var remaining: Int { end - place }

    /// The next byte.
    mutating func byte() throws -> UInt8 {
        if next == window.count { try refill() }
        next += 1
        return window[next - 1]
    }

    /// The next `count` bytes.
    mutating func bytes(_ count: Int) throws -> [UInt8] {
        guard count >= 0, count <= remaining else { throw cutOff() }
        if count <= window.count - next {
            next += count
            return Array(window[next - count..<next])
        }
        let start = place
        try skip(count)
        return try file.read(start..<start + count)
    }

    /// Passes over `count` bytes.
    mutating func skip(_ count: Int) throws {
        guard count >= 0, count <= remaining else { throw cutOff() }
        guard count > window.count - next else {
            next += count
            return
        }
        windowStart = place + count
        window = []
        next = 0
    }

    /// A whole number of `count` bytes, at most 8, the least significant first.
    mutating func unsigned(_ count: Int) throws -> UInt64 {
        var number: UInt64 = 0
        for shift in 0..<count { number |= UInt64(try byte()) << (8 * UInt64(shift)) }
        return number
    }

    /// A length of `count` bytes, which cannot be more than what is left.
    mutating func length(_ count: Int) throws -> Int {
        let length = try unsigned(count)
        guard length <= UInt64(remaining) else { throw cutOff() }
        return Int(length)
    }

    /// The bytes up to the next line feed, which is passed.
    mutating func line() throws -> String {
        var bytes: [UInt8] = []
        while true {
            let byte = try byte()
            if byte == 0x0A { return String(decoding: bytes, as: UTF8.self) }
            guard bytes.count < 1 << 20 else { throw Refusal("a line of \(what) does not end") }
            bytes.append(byte)
        }
    }

    private mutating func refill() throws {
        let start = place
        guard start < end else { throw cutOff() }
        window = try file.read(start..<min(end, start + 1 << 16))
        windowStart = start
        next = 0
    }

    private func cutOff() -> Refusal { Refusal("\(what) is cut off or damaged") }
}
