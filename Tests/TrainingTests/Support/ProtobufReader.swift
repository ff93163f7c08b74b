import Testing

/// The fields of a message in protocol buffers, read back.
struct ProtobufReader {
    /// A field as it lies there.
    enum Field: Equatable {
        case integer(UInt64)
        case fixed32(UInt32)
        case fixed64(UInt64)
        case bytes([UInt8])
    }

    private(set) var fields: [(number: Int, field: Field)] = []

    /// Reads all of `bytes`.
    init(_ bytes: some Collection<UInt8>) throws {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let key = try ProtobufReader.variable(&rest)
            let number = Int(key >> 3)
            switch key & 7 {
            case 0: fields.append((number, .integer(try ProtobufReader.variable(&rest))))
            case 1:
                let value = try ProtobufReader.take(8, &rest).reversed()
                    .reduce(0) { $0 << 8 | UInt64($1) }
                fields.append((number, .fixed64(value)))
            case 2:
                let count = Int(try ProtobufReader.variable(&rest))
                fields.append((number, .bytes(try ProtobufReader.take(count, &rest))))
            case 5:
                let value = try ProtobufReader.take(4, &rest).reversed()
                    .reduce(0) { $0 << 8 | UInt32($1) }
                fields.append((number, .fixed32(value)))
            default: throw Damage()
            }
        }
    }

    struct Damage: Error {}

    /// The contents of all fields of a number that are texts, messages or bytes.
    func contents(_ number: Int) -> [[UInt8]] {
        fields.compactMap {
            if $0.number == number, case .bytes(let all) = $0.field { all } else { nil }
        }
    }

    func texts(_ number: Int) -> [String] {
        contents(number).map { String(decoding: $0, as: UTF8.self) }
    }

    func messages(_ number: Int) throws -> [ProtobufReader] {
        try contents(number).map { try ProtobufReader($0) }
    }

    func integers(_ number: Int) -> [Int] {
        fields.compactMap {
            if $0.number == number, case .integer(let value) = $0.field {
                Int(Int64(bitPattern: value))
            } else {
                nil
            }
        }
    }

    private static func take(_ count: Int, _ rest: inout ArraySlice<UInt8>) throws -> [UInt8] {
        guard count <= rest.count else { throw Damage() }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    private static func variable(_ rest: inout ArraySlice<UInt8>) throws -> UInt64 {
        var (value, shift) = (UInt64(0), UInt64(0))
        while true {
            let byte = try take(1, &rest)[0]
            value |= UInt64(byte & 127) << shift
            guard byte > 127 else { return value }
            shift += 7
        }
    }
}
