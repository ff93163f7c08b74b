import Files
import Testing

/// Text that stands for a path gives its very bytes back.
struct PathTextTests {
    static let names: [[UInt8]] = [
        [], Array("plain.jpg".utf8), Array("Café Noir".utf8), [0x43, 0x61, 0x66, 0xE9],
        [0xE9], [0xFF, 0xFE], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC0, 0x80],
        [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
        // U+10FE80, U+10FEE9 and U+10FEFF as names of files.
        [0xF4, 0x8F, 0xBA, 0x80], [0x61, 0xF4, 0x8F, 0xBB, 0xA9, 0xE9], [0xF4, 0x8F, 0xBB, 0xBF],
        [0xF4, 0x8F, 0xBF, 0xBD], Array("👩‍👩‍👧".utf8), [0x65, 0xCC, 0x81, 0xCC],
        Array(1...255),
    ]

    @Test(arguments: names)
    func bytesComeBack(_ bytes: [UInt8]) {
        let text = String(pathBytes: bytes)
        #expect(text.pathBytes == bytes)
        text.withPathPointer { #expect(String(pathPointer: $0).pathBytes == bytes) }
        // What is written as JSON and read again is the same path.
        #expect(String(decoding: Array(text.utf8), as: UTF8.self).pathBytes == bytes)
    }

    @Test
    func noTwoNamesAreTheSameText() {
        var told: [String: [UInt8]] = [:]
        for bytes in Self.names {
            #expect(told.updateValue(bytes, forKey: .init(pathBytes: bytes)) == nil)
        }
        #expect(String(pathBytes: [0xE9]) != String(pathBytes: [0xF4, 0x8F, 0xBB, 0xA9]))
    }

    @Test
    func textThatIsUTF8StaysAsItIs() {
        #expect(String(pathBytes: Array("Sacré-Cœur 👍".utf8)) == "Sacré-Cœur 👍")
        #expect("Sacré-Cœur 👍".pathBytes == Array("Sacré-Cœur 👍".utf8))
    }

    @Test
    func pathWithAZeroByteNamesNothing() {
        "runs\0/../etc".withPathPointer { #expect($0.pointee == 0) }
        #expect(!exists("/\0tmp"))
        #expect(exists("/"))
    }

    @Test
    func messagesShowWhatCannotBePrinted() {
        #expect(String(pathBytes: [0x43, 0x61, 0x66, 0xE9]).shown == "Caf\\xE9")
        #expect("two\nlines\t\u{1B}[2J\u{7F}".shown == "two\\x0Alines\\x09\\x1B[2J\\x7F")
        #expect("a\u{202E}gpj.b\u{9B}\u{2028}".shown == "a\\u{202E}gpj.b\\u{9B}\\u{2028}")
        #expect("Sacré-Cœur 👍 e\u{301}".shown == "Sacré-Cœur 👍 e\u{301}")
    }

    @Test
    func tablesKeepLinesAndShowBytes() {
        #expect(String(pathBytes: [0x0A, 0xE9, 0x2E]).readable == "\n\\xE9.")
        #expect("Café\t".readable == "Café\t")
    }

    @Test(arguments: [
        ("runs/a_1.x", "runs/a_1.x"), ("two words", "'two words'"), ("it's", "'it'\\''s'"),
        ("", "''"),
        ("a\nb'", "$'a\\x0Ab\\''"), ("$HOME", "'$HOME'"), ("Café", "Café"),
    ])
    func wordsOfTheShell(_ path: String, _ word: String) { #expect(path.shellWord == word) }

    @Test
    func theShellGetsBytesBack() {
        #expect(String(pathBytes: [0x43, 0xE9, 0x5C]).shellWord == "$'C\\xE9\\\\'")
    }
}
