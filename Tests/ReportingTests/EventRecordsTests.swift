import Foundation
import Reporting
import Testing

@Suite struct EventRecordsTests {
    /// The check values of the nine digits, as RFC 3720 and TensorBoard's own sources state them.
    @Test func checkValuesAreCastagnolis() {
        let record = EventRecords().framed(Array("123456789".utf8))
        // The masked value 0xc78ab0e5 of the payload stands at the end, lowest byte first.
        #expect(record.suffix(4) == [0xe5, 0xb0, 0x8a, 0xc7])
        #expect(record.prefix(8) == [9, 0, 0, 0, 0, 0, 0, 0])
        #expect(record.count == 8 + 4 + 9 + 4)
    }

    // Python, with the package tensorboard:
    //     e = Event(wall_time=2.5, step=300, summary=Summary(value=[
    //         Summary.Value(tag="a/b", simple_value=0.5)]))
    //     e.SerializeToString().hex()
    @Test func scalarsAreAProtocolBuffer() {
        let record = EventRecords().scalars([("a/b", 0.5)], time: 2.5, step: 300)
        let payload = record.dropFirst(12).dropLast(4)
        let hex = payload.map { String(format: "%02x", $0) }.joined()
        #expect(hex == "09000000000000044010ac022a0c0a0a0a03612f62150000003f")
    }

    @Test func aFileBeginsWithItsVersion() {
        let payload = EventRecords().version(time: 0).dropFirst(12).dropLast(4)
        let text = String(decoding: payload.suffix(13), as: UTF8.self)
        #expect(text == "brain.Event:2")
        #expect(payload.dropFirst(9).prefix(2) == [0x1a, 13])
    }
}
