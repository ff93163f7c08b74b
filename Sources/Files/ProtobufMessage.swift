/// A message in Google's protocol buffers being written: fields in the order in which they are added.
///
/// Kinds of fields are those that TensorBoard's events and ONNX's models have. Nothing is read, and fields are known by
/// their numbers in the definitions of those formats.
public struct ProtobufMessage: Sendable, Equatable {
    /// What is written so far.
    public private(set) var bytes: [UInt8] = []

    /// A message without fields.
    public init() {}

    /// Adds a whole number, of the types int32, int64 and enumerations; negative ones take ten bytes.
    public mutating func add(_ field: Int, integer value: Int) {
        key(field, wire: 0)
        variable(UInt64(bitPattern: Int64(value)))
    }

    /// Adds a 64-bit float.
    public mutating func add(_ field: Int, double value: Double) {
        key(field, wire: 1)
        bytes += littleEndian(value.bitPattern)
    }

    /// Adds a 32-bit float.
    public mutating func add(_ field: Int, float value: Float) {
        key(field, wire: 5)
        bytes += littleEndian(value.bitPattern)
    }

    /// Adds a text.
    public mutating func add(_ field: Int, text: String) {
        let content = Array(text.utf8)
        begin(field, count: content.count)
        bytes += content
    }

    /// Adds a message inside this one.
    public mutating func add(_ field: Int, message: ProtobufMessage) {
        begin(field, count: message.bytes.count)
        bytes += message.bytes
    }

    /// Adds all fields of another message to this one's.
    public mutating func append(_ fields: ProtobufMessage) { bytes += fields.bytes }

    /// Adds what stands before `count` bytes of a field, which follow from elsewhere: content too large to be held
    /// here.
    public mutating func begin(_ field: Int, count: Int) {
        key(field, wire: 2)
        variable(UInt64(count))
    }

    private mutating func key(_ field: Int, wire: Int) { variable(UInt64(field << 3 | wire)) }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    private mutating func variable(_ value: UInt64) {
        var rest = value
        while rest > 127 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// The bytes of a number, lowest first.
public func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
