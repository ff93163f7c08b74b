/// TensorBoard's event records as bytes.
public struct EventRecords: Sendable {
    private let crc = CRC32C()

    /// Makes an encoder.
    public init() {}

    /// The record that begins a file.
    public func version(time: Double) -> [UInt8] {
        var event = Protobuf()
        event.add(1, double: time)
        event.add(3, text: "brain.Event:2")
        return framed(event.bytes)
    }

    /// A record that says that a run starts, or goes on, after `step`: what older files hold of
    /// later steps is void.
    public func start(time: Double, step: Int) -> [UInt8] {
        var session = Protobuf()
        session.add(1, integer: 1)
        var event = Protobuf()
        event.add(1, double: time)
        event.add(2, integer: step)
        event.add(7, message: session)
        return framed(event.bytes)
    }

    /// A record of named values.
    public func scalars(_ values: [(tag: String, value: Double)], time: Double, step: Int)
        -> [UInt8]
    {
        var summary = Protobuf()
        for (tag, value) in values {
            var entry = Protobuf()
            entry.add(1, text: tag)
            entry.add(2, float: Float(value))
            summary.add(1, message: entry)
        }
        var event = Protobuf()
        event.add(1, double: time)
        event.add(2, integer: step)
        event.add(5, message: summary)
        return framed(event.bytes)
    }

    /// A payload with its length and the check values of both.
    public func framed(_ payload: [UInt8]) -> [UInt8] {
        let length = littleEndian(UInt64(payload.count))
        return length + littleEndian(crc.masked(length)) + payload
            + littleEndian(crc.masked(payload))
    }
}
