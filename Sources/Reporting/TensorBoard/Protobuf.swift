/// A protocol buffer being written, with the few kinds of fields that events need.
struct Protobuf {
    /// What is written so far.
    private(set) var bytes: [UInt8] = []

    /// Adds a whole number that is not negative.
    mutating func add(_ field: Int, integer value: Int) {
        key(field, wire: 0)
        variable(UInt64(max(value, 0)))
    }

    /// Adds a 64-bit float.
    mutating func add(_ field: Int, double value: Double) {
        key(field, wire: 1)
        bytes += littleEndian(value.bitPattern)
    }

    /// Adds a 32-bit float.
    mutating func add(_ field: Int, float value: Float) {
        key(field, wire: 5)
        bytes += littleEndian(value.bitPattern)
    }

    /// Adds a text.
    mutating func add(_ field: Int, text: String) { add(field, content: Array(text.utf8)) }

    /// Adds a message inside this one.
    mutating func add(_ field: Int, message: Protobuf) { add(field, content: message.bytes) }

    private mutating func add(_ field: Int, content: [UInt8]) {
        key(field, wire: 2)
        variable(UInt64(content.count))
        bytes += content
    }

    private mutating func key(_ field: Int, wire: Int) { variable(UInt64(field << 3 | wire)) }

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
func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
