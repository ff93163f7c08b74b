import Files
import Testing

/// Bytes by hand, after <https://protobuf.dev/programming-guides/encoding>.
@Suite struct ProtobufMessageTests {
    @Test func numbersAreOfVariableLength() {
        let expected: [(Int, [UInt8])] = [
            (0, [0x08, 0x00]), (1, [0x08, 0x01]), (127, [0x08, 0x7F]), (128, [0x08, 0x80, 0x01]),
            (150, [0x08, 0x96, 0x01]), (300, [0x08, 0xAC, 0x02]),
            (1 << 31, [0x08, 0x80, 0x80, 0x80, 0x80, 0x08]),
            (-1, [0x08] + [UInt8](repeating: 0xFF, count: 9) + [0x01]),
        ]
        for (value, bytes) in expected {
            var message = ProtobufMessage()
            message.add(1, integer: value)
            #expect(message.bytes == bytes, "\(value)")
        }
    }

    @Test func fieldsAbove15HaveLongerKeys() {
        var message = ProtobufMessage()
        message.add(15, integer: 1)
        message.add(16, integer: 1)
        message.add(20, integer: 7)
        #expect(message.bytes == [0x78, 0x01, 0x80, 0x01, 0x01, 0xA0, 0x01, 0x07])
    }

    @Test func floatsHaveFixedWidths() {
        var message = ProtobufMessage()
        message.add(1, double: 1)
        message.add(2, float: -2)
        #expect(
            message.bytes == [0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F] + [0x15, 0, 0, 0, 0xC0]
        )
    }

    @Test func textsAndMessagesHaveTheirLength() {
        var inner = ProtobufMessage()
        inner.add(1, integer: 150)
        var message = ProtobufMessage()
        message.add(2, text: "testing")
        message.add(3, message: inner)
        message.add(4, text: "")
        message.append(inner)
        #expect(
            message.bytes
                == [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6E, 0x67]
                + [0x1A, 0x03, 0x08, 0x96, 0x01] + [0x22, 0x00] + [0x08, 0x96, 0x01]
        )
    }

    @Test func contentFromElsewhereIsAnnounced() {
        var message = ProtobufMessage()
        message.begin(9, count: 300)
        #expect(message.bytes == [0x4A, 0xAC, 0x02])
    }
}
