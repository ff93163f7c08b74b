/// The little of JSON that headers of safetensors files are made of, read strictly from its bytes:
/// objects, texts and lists of whole numbers from 0 up.
struct JSONScanner {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Reads an object; `member` reads the value of each key.
    mutating func object(
        _ member: (inout JSONScanner, String) throws(Refusal) -> Void
    ) throws(Refusal) {
        try expect("{")
        if take("}") { return }
        repeat {
            let key = try string()
            try expect(":")
            try member(&self, key)
        } while take(",")
        try expect("}")
    }

    /// Reads a list of whole numbers from 0 up.
    mutating func integers() throws(Refusal) -> [Int] {
        try expect("[")
        if take("]") { return [] }
        var numbers: [Int] = []
        repeat { numbers.append(try integer()) } while take(",")
        try expect("]")
        return numbers
    }

    /// Reads a text.
    mutating func string() throws(Refusal) -> String {
        try expect("\"")
        var text: [UInt8] = []
        while true {
            guard place < bytes.count else { throw unexpected("the end of a text") }
            let byte = bytes[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw Refusal("its header is not valid UTF-8")
                }
                return string
            case UInt8(ascii: "\\"): text += try escape()
            case 0..<0x20: throw unexpected("a text without control characters")
            default: text.append(byte)
            }
        }
    }

    /// Makes sure that only space follows.
    mutating func end() throws(Refusal) {
        skipSpace()
        guard place == bytes.count else { throw unexpected("nothing more") }
    }

    private mutating func integer() throws(Refusal) -> Int {
        skipSpace()
        let start = place
        var number = 0
        while place < bytes.count, (0x30...0x39).contains(bytes[place]) {
            let (tens, overflow1) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = tens.addingReportingOverflow(Int(bytes[place] - 0x30))
            guard !overflow1, !overflow2 else {
                throw Refusal("its header has an impossibly large number at byte \(start)")
            }
            number = sum
            place += 1
        }
        let digits = place - start
        guard digits > 0, digits == 1 || bytes[start] != 0x30 else {
            throw unexpected("a whole number")
        }
        return number
    }

    /// The UTF-8 of what follows a backslash.
    private mutating func escape() throws(Refusal) -> [UInt8] {
        guard place < bytes.count else { throw unexpected("an escape") }
        place += 1
        switch bytes[place - 1] {
        case UInt8(ascii: "\""): return [0x22]
        case UInt8(ascii: "\\"): return [0x5C]
        case UInt8(ascii: "/"): return [0x2F]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code) {
                guard bytes[place...].starts(with: [0x5C, 0x75]) else {
                    throw unexpected("the second half of a character")
                }
                place += 2
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else {
                    throw unexpected("the second half of a character")
                }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw unexpected("a character") }
            return Array(String(Character(scalar)).utf8)
        default: throw unexpected("an escape")
        }
    }

    private mutating func hexadecimal() throws(Refusal) -> UInt32 {
        guard place + 4 <= bytes.count else { throw unexpected("four hexadecimal digits") }
        var code: UInt32 = 0
        for byte in bytes[place..<place + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw unexpected("four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
        }
        place += 4
        return code
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(Refusal) {
        guard take(character) else { throw unexpected("'\(character)'") }
    }

    private mutating func skipSpace() {
        while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
    }

    private func unexpected(_ wanted: String) -> Refusal {
        Refusal("its header is not valid JSON: \(wanted) is missing at byte \(place)")
    }
}
