import Files

/// The table of contents of a zip archive whose members are stored as they are, as PyTorch writes it
/// (APPNOTE.TXT 6.3.10, with its 64-bit records).
struct ZipDirectory {
    /// A member of the archive.
    struct Member {
        let name: String
        /// Bytes of its content.
        let size: Int
        /// Whether the bytes are the content itself.
        let isStored: Bool
        /// Byte of the archive at which its own header begins.
        let header: Int
    }

    let members: [Member]
    private let file: FileBytes

    /// Longest table that is read, in bytes.
    private static let maximumLength = 64 << 20
    private static let endLength = 22
    private static let longestComment = 0xFFFF

    /// Reads the table at the end of `file`.
    init(_ file: FileBytes) throws {
        self.file = file
        let table = try ZipDirectory.findTable(file)
        guard table.count <= ZipDirectory.maximumLength else {
            throw Refusal("the table of its zip archive has \(table.count) bytes, impossibly many")
        }
        var fields = Fields(try file.read(table))
        var members: [Member] = []
        while fields.remaining > 0 { members.append(try ZipDirectory.member(&fields, file.size)) }
        self.members = members
    }

    /// Where the content of a member lies in the file.
    func content(of member: Member) throws -> Range<Int> {
        guard member.isStored else {
            throw Refusal(
                "'\(member.name.shown)' in its zip archive is compressed, which PyTorch never does",
                advice: "open it in Python with torch.load and save it again with torch.save"
            )
        }
        let length = 30
        guard member.header <= file.size - length else { throw ZipDirectory.damaged }
        var fields = Fields(try file.read(member.header..<member.header + length))
        guard try fields.number(4) == 0x0403_4B50 else { throw ZipDirectory.damaged }
        try fields.skip(22)
        let start = try member.header + length + fields.number(2) + fields.number(2)
        guard start <= file.size, member.size <= file.size - start else {
            throw ZipDirectory.damaged
        }
        return start..<start + member.size
    }

    private static var damaged: Refusal { Refusal("its zip archive is cut off or damaged") }

    /// Place of the table, from the record that ends the archive.
    private static func findTable(_ file: FileBytes) throws -> Range<Int> {
        let begin = max(0, file.size - endLength - longestComment)
        let tail = try file.read(begin..<file.size)
        let mark: [UInt8] = [0x50, 0x4B, 0x05, 0x06]
        guard tail.count >= endLength,
            let end = stride(from: tail.count - endLength, through: 0, by: -1)
                .first(where: { tail[$0...].starts(with: mark) })
        else {
            throw Refusal(
                "it begins as a zip archive, as PyTorch writes it, but its end is missing: it was cut "
                    + "off at \(file.size) bytes",
                advice: "download or copy it again"
            )
        }
        var fields = Fields(Array(tail[(end + 12)...]))
        var length = try fields.number(4)
        var start = try fields.number(4)
        if length == 0xFFFF_FFFF || start == 0xFFFF_FFFF {
            let locator = begin + end - 20
            guard locator >= 0 else { throw damaged }
            fields = Fields(try file.read(locator..<locator + 20))
            guard try fields.number(4) == 0x0706_4B50 else { throw damaged }
            try fields.skip(4)
            let record = try fields.number(8)
            guard record <= file.size - 56 else { throw damaged }
            fields = Fields(try file.read(record..<record + 56))
            guard try fields.number(4) == 0x0606_4B50 else { throw damaged }
            try fields.skip(36)
            length = try fields.number(8)
            start = try fields.number(8)
        }
        guard start <= file.size, length <= file.size - start else { throw damaged }
        return start..<start + length
    }

    private static func member(_ fields: inout Fields, _ fileSize: Int) throws -> Member {
        guard try fields.number(4) == 0x0201_4B50 else { throw damaged }
        try fields.skip(4)
        let flags = try fields.number(2)
        let method = try fields.number(2)
        try fields.skip(8)
        var packed = try fields.number(4)
        var size = try fields.number(4)
        let nameLength = try fields.number(2)
        let extraLength = try fields.number(2)
        let commentLength = try fields.number(2)
        try fields.skip(8)
        var header = try fields.number(4)
        let name = String(decoding: try fields.bytes(nameLength), as: UTF8.self)
        var extra = Fields(try fields.bytes(extraLength))
        try fields.skip(commentLength)
        while extra.remaining >= 4 {
            let kind = try extra.number(2)
            var field = Fields(try extra.bytes(extra.number(2)))
            guard kind == 1 else { continue }
            // Numbers of 64 bits stand for those that have no room, in this order.
            if size == 0xFFFF_FFFF { size = try field.number(8) }
            if packed == 0xFFFF_FFFF { packed = try field.number(8) }
            if header == 0xFFFF_FFFF { header = try field.number(8) }
        }
        guard size <= fileSize || method != 0, header <= fileSize else { throw damaged }
        let isStored = method == 0 && flags & 1 == 0 && packed == size
        return Member(name: name, size: size, isStored: isStored, header: header)
    }

    /// Little-endian numbers one after another.
    private struct Fields {
        private let bytes: [UInt8]
        private var next = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        var remaining: Int { bytes.count - next }

        mutating func skip(_ count: Int) throws {
            guard count <= remaining else { throw ZipDirectory.damaged }
            next += count
        }

        mutating func bytes(_ count: Int) throws -> [UInt8] {
            try skip(count)
            return Array(bytes[next - count..<next])
        }

        /// A number that a file's length can be.
        mutating func number(_ count: Int) throws -> Int {
            let value = try bytes(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard value < 1 << 62 else { throw ZipDirectory.damaged }
            return Int(value)
        }
    }
}
