import Files

/// Writes a safetensors file tensor by tensor, in the order announced.
///
/// The file appears under its name only in `finish`, whole and on the disk.
public final class SafetensorsWriter {
    /// A tensor to come.
    public struct Entry: Sendable, Equatable {
        /// Name of the tensor.
        public var name: String
        /// Type of its elements.
        public var dtype: ElementType
        /// Extents, row-major; empty for a single number.
        public var shape: [Int]

        /// Announces a tensor.
        public init(name: String, dtype: ElementType, shape: [Int]) {
            self.name = name
            self.dtype = dtype
            self.shape = shape
        }

        var byteCount: Int { shape.reduce(dtype.size, *) }
    }

    private let file: OutputFile
    private let tensors: [Entry]
    private var next = 0

    /// Begins the file with its header.
    ///
    /// Throws `FileError` where the folder cannot be written to.
    public init(path: String, tensors: [Entry], metadata: [String: String]) throws {
        self.tensors = tensors
        file = try OutputFile(path)
        var header = "{\"__metadata__\":" + SafetensorsWriter.object(metadata)
        var offset = 0
        for tensor in tensors {
            let end = offset + tensor.byteCount
            header +=
                ",\(SafetensorsWriter.quoted(tensor.name)):{\"dtype\":\"\(tensor.dtype.rawValue)\""
            header += ",\"shape\":[\(tensor.shape.map(String.init).joined(separator: ","))]"
            header += ",\"data_offsets\":[\(offset),\(end)]}"
            offset = end
        }
        header += "}"
        // The data begin at a multiple of 8.
        header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
        try withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { try file.write($0) }
        try Array(header.utf8).withUnsafeBytes { try file.write($0) }
    }

    /// Writes the next tensor, announced as F32.
    public func write(_ values: [Float]) throws {
        try write(.f32, count: values.count) { try values.withUnsafeBytes(file.write) }
    }

    /// Writes the next tensor, announced as F32, in pieces.
    ///
    /// - Parameter pieces: calls its argument with one piece after another.
    public func write(
        count: Int,
        pieces: (_ write: (UnsafeBufferPointer<Float>) throws -> Void) throws -> Void
    ) throws {
        try write(.f32, count: count) {
            var written = 0
            try pieces { piece in
                written += piece.count
                try file.write(UnsafeRawBufferPointer(piece))
            }
            precondition(written == count, "the pieces are not the whole tensor")
        }
    }

    /// Writes the next tensor, announced as I64.
    public func write(_ values: [Int64]) throws {
        try write(.i64, count: values.count) { try values.withUnsafeBytes(file.write) }
    }

    /// Writes the next tensor, announced as U8.
    public func write(_ values: [UInt8]) throws {
        try write(.u8, count: values.count) { try values.withUnsafeBytes(file.write) }
    }

    /// Gives the file its name before it is on the disk; `finish` has to follow.
    public func appear() throws {
        precondition(next == tensors.count, "a tensor that was announced is missing")
        try file.appear()
    }

    /// Ends the file: it is synced and gets its name.
    public func finish() throws {
        precondition(next == tensors.count, "a tensor that was announced is missing")
        try file.finish()
    }

    private func write(
        _ dtype: ElementType,
        count: Int,
        _ body: () throws -> Void
    ) throws {
        precondition(next < tensors.count, "a tensor that was not announced")
        let expected = tensors[next]
        precondition(
            expected.dtype == dtype && expected.shape.reduce(1, *) == count,
            "\(expected.name) was announced otherwise"
        )
        try body()
        next += 1
    }

    private static func object(_ texts: [String: String]) -> String {
        let members = texts.sorted { $0.key < $1.key }
            .map { quoted($0.key) + ":" + quoted($0.value) }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// A text as JSON.
    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = [0x22]
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C: bytes += [0x5C, byte]
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                bytes += Array(
                    ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
                )
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes + [0x22], as: UTF8.self)
    }
}
