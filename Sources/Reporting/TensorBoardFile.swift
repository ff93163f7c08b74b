import Files
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
        var event = ProtobufMessage()
        event.add(1, double: time)
        event.add(3, text: "brain.Event:2")
        return framed(event.bytes)
    }

    /// A record that says that a run starts, or goes on, after `step`: what older files hold of
    /// later steps is void.
    public func start(time: Double, step: Int) -> [UInt8] {
        var session = ProtobufMessage()
        session.add(1, integer: 1)
        var event = ProtobufMessage()
        event.add(1, double: time)
        event.add(2, integer: step)
        event.add(7, message: session)
        return framed(event.bytes)
    }

    /// A record of named values.
    public func scalars(_ values: [(tag: String, value: Double)], time: Double, step: Int)
        -> [UInt8]
    {
        var summary = ProtobufMessage()
        for (tag, value) in values {
            var entry = ProtobufMessage()
            entry.add(1, text: tag)
            entry.add(2, float: Float(value))
            summary.add(1, message: entry)
        }
        var event = ProtobufMessage()
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
