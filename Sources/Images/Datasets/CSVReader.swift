import Files
import Foundation

/// Reads a csv file (RFC 4180) piece by piece, as bytes: no string per field, no whole file in
/// memory.
///
/// A byte-order mark, CRLF and blank lines are passed over.
public final class CSVReader {
    /// What the file is called in messages.
    public let path: String
    /// Line on which the record read last begins, from 1.
    public private(set) var line = 1
    /// Fields of the record read last.
    public var fieldCount: Int { starts.count }

    private let file: Int32
    private var buffer: UnsafeMutableBufferPointer<UInt8>
    private var start = 0
    private var end = 0
    private var isAtEnd = false
    private var nextLine = 1
    private var starts: [Int] = []
    private var ends: [Int] = []

    private static let newline = UInt8(ascii: "\n")
    private static let comma = UInt8(ascii: ",")
    private static let quote = UInt8(ascii: "\"")

    /// Opens a file; `piece` bytes are read at a time.
    init(_ path: String, piece: Int = 1 << 20) throws {
        self.path = path
        file = openFile(path, O_RDONLY)
        buffer = .allocate(capacity: max(piece, 4))
        guard file >= 0 else {
            throw ImagesError.files("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        try fill()
        if end >= 3, buffer[0] == 0xEF, buffer[1] == 0xBB, buffer[2] == 0xBF { start = 3 }
    }

    /// Reads what lies in memory.
    ///
    /// - Parameter name: what the bytes are called in messages.
    public init(_ bytes: [UInt8], name: String) {
        path = name
        file = -1
        buffer = .allocate(capacity: max(bytes.count, 4))
        _ = buffer.update(fromContentsOf: bytes)
        end = bytes.count
        isAtEnd = true
    }

    deinit {
        buffer.deallocate()
        if file >= 0 { close(file) }
    }

    /// Reads the next record; false at the end of the file.
    public func next() throws -> Bool {
        while true {
            switch try parse() {
            case .record(let blank): if !blank { return true }
            case .finished: return false
            case .starved: try fill()
            }
        }
    }

    /// The bytes of a field of the record read last; they last until the next one is read.
    func field(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: buffer[starts[index]..<ends[index]])
    }

    /// The fields of the record read last, as text.
    public var fields: [String] {
        (0..<fieldCount).map { String(decoding: field($0), as: UTF8.self) }
    }

    /// A field as text without surrounding spaces.
    func text(_ index: Int) -> String {
        String(decoding: field(index), as: UTF8.self).trimmingCharacters(in: .whitespaces)
    }

    private enum Outcome {
        case record(blank: Bool)
        case finished
        /// The record reaches beyond the bytes read so far.
        case starved
    }

    private func parse() throws -> Outcome {
        if start == end { return isAtEnd ? .finished : .starved }
        // A span's bounds are checked in the release build too.
        let buffer = self.buffer.span.extracting(0..<end)
        starts.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        var lines = 0
        var place = start
        var doubled: [Int] = []
        while true {
            if place < end, buffer[place] == CSVReader.quote {
                let first = place + 1
                var twice = false
                place = first
                while true {
                    guard place < end else {
                        guard isAtEnd else { return .starved }
                        throw ImagesError.data(
                            "\(path), line \(nextLine): a quote is opened and never closed"
                        )
                    }
                    if buffer[place] == CSVReader.quote {
                        if place + 1 == end, !isAtEnd { return .starved }
                        guard place + 1 < end, buffer[place + 1] == CSVReader.quote else { break }
                        twice = true
                        place += 1
                    } else if buffer[place] == CSVReader.newline {
                        lines += 1
                    }
                    place += 1
                }
                if twice { doubled.append(starts.count) }
                starts.append(first)
                ends.append(place)
                while place < end, buffer[place] != CSVReader.comma,
                    buffer[place] != CSVReader.newline
                { place += 1 }
            } else {
                starts.append(place)
                while place < end, buffer[place] != CSVReader.comma,
                    buffer[place] != CSVReader.newline
                { place += 1 }
                ends.append(place)
                if place == end || buffer[place] == CSVReader.newline { trimReturn(buffer) }
            }
            if place == end {
                guard isAtEnd else { return .starved }
                break
            }
            place += 1
            if buffer[place - 1] == CSVReader.newline {
                lines += 1
                break
            }
        }
        for index in doubled { ends[index] = undouble(starts[index], ends[index]) }
        start = place
        line = nextLine
        nextLine += lines
        return .record(blank: starts.count == 1 && starts[0] == ends[0])
    }

    /// Drops the carriage return that ends an unquoted last field.
    private func trimReturn(_ buffer: Span<UInt8>) {
        let last = ends.count - 1
        if ends[last] > starts[last], buffer[ends[last] - 1] == UInt8(ascii: "\r") {
            ends[last] -= 1
        }
    }

    /// Makes one quote of two between `from` and `to`, in place; returns the new end.
    private func undouble(_ from: Int, _ to: Int) -> Int {
        var buffer = self.buffer.mutableSpan
        var write = from
        var read = from
        while read < to {
            buffer[write] = buffer[read]
            read += buffer[read] == CSVReader.quote ? 2 : 1
            write += 1
        }
        return write
    }

    /// Moves what is left to the front and reads on behind it.
    private func fill() throws {
        let left = end - start
        if left == buffer.count {
            let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: buffer.count * 2)
            _ = larger.update(fromContentsOf: buffer)
            buffer.deallocate()
            buffer = larger
        } else if start > 0, let base = buffer.baseAddress {
            memmove(base, base + start, left)
        }
        if start > 0 {
            start = 0
            end = left
        }
        let count = read(file, buffer.baseAddress.map { $0 + end }, buffer.count - end)
        guard count >= 0 else {
            throw ImagesError.files("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        isAtEnd = count == 0
        end += count
    }
}
