import Foundation
public import Training

/// An event file that TensorBoard draws curves from while a run goes on.
public final class TensorBoardFile {
    private let file: AppendedFile
    private let records = EventRecords()
    private let now: () -> Double
    private var isEmpty = true

    /// Begins a file in `folder`.
    ///
    /// - Parameters:
    ///   - now: the time, in seconds since 1970.
    ///   - complain: told once where the file cannot be written.
    public init(
        folder: String,
        now: @escaping () -> Double = WallClock.time,
        complain: @escaping (String) -> Void
    ) {
        self.now = now
        let host = ProcessInfo.processInfo.hostName
        let process = ProcessInfo.processInfo.processIdentifier
        let name = "events.out.tfevents.\(Int(now())).\(host).\(process)"
        file = AppendedFile(folder + "/" + name, complain: complain)
        file.append(Data(records.version(time: now())))
    }

    /// Adds what the event tells.
    public func record(_ event: TrainingEvent) {
        switch event {
        case .step(let step):
            if isEmpty { file.append(Data(records.start(time: now(), step: step.step))) }
            isEmpty = false
            add(
                [
                    ("train/loss", step.loss),
                    ("train/accuracy", step.accuracy),
                    ("train/learning_rate", step.learningRate),
                    ("speed/images_per_second", step.imagesPerSecond),
                    ("speed/data_seconds", step.dataSeconds),
                    ("speed/communication_seconds", step.communicationSeconds),
                ],
                step.step
            )
        case .evaluation(let record):
            let result = record.result
            add(
                [
                    ("held_out/loss", result.loss),
                    ("held_out/top1", result.top1),
                    ("held_out/top5", result.top5),
                    ("held_out/gap", result.gap),
                    ("held_out/macro_accuracy", result.macroAccuracy),
                ],
                record.step
            )
        case .evaluating, .checkpoint, .photoSkipped, .remark: break
        }
    }

    private func add(_ values: [(tag: String, value: Double)], _ step: Int) {
        file.append(Data(records.scalars(values, time: now(), step: step)))
    }
}

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

/// Cyclic redundancy check with Castagnoli's polynomial, as TensorBoard's records carry it.
struct CRC32C: Sendable {
    private let table: [UInt32]

    init() {
        table = (0..<256).map { byte in
            (0..<8).reduce(UInt32(byte)) { crc, _ in
                crc & 1 == 1 ? crc >> 1 ^ 0x82f6_3b78 : crc >> 1
            }
        }
    }

    /// The check value of `bytes`.
    func callAsFunction(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { crc, byte in table[Int((crc ^ UInt32(byte)) & 255)] ^ crc >> 8 }
    }

    /// The value in the form that TensorBoard stores, which checks as nothing of the kind again.
    func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let crc = self(bytes)
        return (crc >> 15 | crc << 17) &+ 0xa282_ead8
    }
}
