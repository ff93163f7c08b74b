import TensorFiles
import Testing

/// Each file is refused with a message that names it and says what is wrong.
struct SafetensorsRefusalTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func refuse(_ bytes: [UInt8], _ reason: String) throws {
        let path = try folder.write("bad.safetensors", bytes)
        #expect {
            try TensorFile(path: path)
        } throws: { error in
            guard let message = (error as? TensorFileError)?.description else { return false }
            #expect(message.contains(reason), "\(message)")
            return message.contains(path) && !message.contains("\n")
        }
    }

    private func entry(_ shape: String, _ offsets: String, _ dtype: String = "U8") -> String {
        #"{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}"#
    }

    @Test func lengths() throws {
        try refuse([], "is empty")
        try refuse([2, 0, 0, 0, 0, 0, 0], "too few")
        try refuse(safetensors("{}", length: 3), "cut off")
        try refuse(safetensors("{}", length: 100_000_001), "more than the format allows")
        try refuse(safetensors("{}", length: .max), "more than the format allows")
    }

    @Test func data() throws {
        let header = #"{"a":\#(entry("[4]", "[0,4]"))}"#
        try refuse(safetensors(header, data: [1, 2, 3]), "cut off: 3 of 4")
        try refuse(safetensors(header, data: [1, 2, 3, 4, 5]), "1 bytes after")
        try refuse(safetensors("{}", data: [0]), "1 bytes after")
    }

    @Test func holesAndOverlaps() throws {
        for offsets in ["[5,9]", "[3,7]", "[0,4]"] {
            let header = #"{"a":\#(entry("[4]", "[0,4]")),"b":\#(entry("[4]", offsets))}"#
            try refuse(safetensors(header, data: Array(repeating: 0, count: 9)), "'b'")
        }
        try refuse(safetensors(#"{"a":\#(entry("[1]", "[1,2]"))}"#, data: [0, 0]), "hole")
        try refuse(safetensors(#"{"a":\#(entry("[1]", "[1,0]"))}"#, data: [0]), "no range")
        try refuse(safetensors(#"{"a":\#(entry("[1]", "[0,1,2]"))}"#, data: [0]), "no range")
    }

    @Test func shapes() throws {
        for shape in ["[3]", "[2,3]", "[]", "[0]"] {
            let header = #"{"a":\#(entry(shape, "[0,4]"))}"#
            try refuse(safetensors(header, data: [1, 2, 3, 4]), "takes")
        }
        try refuse(
            safetensors(#"{"a":\#(entry("[1]", "[0,1]", "F32"))}"#, data: [0]),
            "takes 4 bytes"
        )
        let huge = ["[2,9223372036854775807]", "[2,18446744073709551614]"]
        for shape in huge + ["[4294967296,4294967296]", "[99999999999999999999]"] {
            let header = #"{"a":\#(entry(shape, "[0,4]"))}"#
            try refuse(safetensors(header, data: [1, 2, 3, 4]), "impossibly large")
        }
    }

    @Test func repeatedKeys() throws {
        let a = entry("[1]", "[0,1]")
        try refuse(safetensors(#"{"a":\#(a),"a":\#(a)}"#, data: [0]), "twice")
        try refuse(safetensors(#"{"a":\#(a),"\u0061":\#(a)}"#, data: [0]), "twice")
        try refuse(safetensors(#"{"__metadata__":{"k":"1","k":"2"}}"#), "twice")
        try refuse(safetensors(#"{"__metadata__":{},"__metadata__":{}}"#), "twice")
        try refuse(
            safetensors(#"{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#),
            "repeated field"
        )
    }

    @Test func fields() throws {
        try refuse(safetensors(#"{"a":\#(entry("[1]", "[0,1]", "F8"))}"#, data: [0]), "'F8'")
        try refuse(safetensors(#"{"a":{"dtype":"U8","shape":[1]}}"#, data: [0]), "lacks")
        try refuse(safetensors(#"{"a":{"dtype":"U8","extra":[1]}}"#, data: [0]), "unknown")
        try refuse(safetensors(#"{"__metadata__":{"k":1}}"#), "JSON")
        try refuse(safetensors(#"{"__metadata__":[]}"#), "JSON")
    }

    @Test func invalidJSON() throws {
        for text in [
            " {}", "[]", "{} x", "{", "{\"a\"", "{,}", "{\"a\":}",
            "{\"__metadata__\":{\"a\":\"b\",}}",
            #"{"a":\#(entry("[-1]", "[0,1]"))}"#, #"{"a":\#(entry("[1.0]", "[0,1]"))}"#,
            #"{"a":\#(entry("[01]", "[0,1]"))}"#, #"{"a":\#(entry("[1", "[0,1]"))}"#,
            #"{"__metadata__":{"a":"\x"}}"#, #"{"__metadata__":{"a":"\ud800"}}"#,
            #"{"__metadata__":{"a":"\u12"}}"#, "{\"__metadata__\":{\"a\":\"\n\"}}",
            #"{"__metadata__":{"a":"\udc00\ud800"}}"#, "{\"__metadata__\":{\"a\":\"",
        ] {
            try refuse(safetensors(text, data: [0]), "header")
        }
        try refuse(safetensors(""), "begin with {")
    }

    @Test func invalidUTF8() throws {
        let head = Array(#"{"__metadata__":{"a":""#.utf8)
        let tail = Array(#""}}"#.utf8)
        for bytes: [UInt8] in [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80]] {
            try refuse(safetensors(bytes: head + bytes + tail), "UTF-8")
        }
    }
}
