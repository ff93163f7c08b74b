import Files

/// The header of a safetensors file (https://github.com/huggingface/safetensors), read strictly.
///
/// Refused are invalid UTF-8 or JSON, keys that repeat or are not of the format, unknown types,
/// shapes that overflow or do not match their bytes, and data with holes or overlaps.
struct SafetensorsHeader {
    /// The tensors, in the order of their bytes.
    private var entries: [TensorEntry] = []
    /// The file's own texts.
    private var metadata: [String: String] = [:]

    /// Longest header that the format allows, in bytes.
    private static let maximumLength = 100_000_000

    /// Whether a file begins with a length that the format allows and a header.
    static func begins(_ head: [UInt8]) -> Bool {
        head.count > 8 && head[8] == UInt8(ascii: "{") && length(head) <= maximumLength
    }

    private static func length(_ head: [UInt8]) -> UInt64 {
        head.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Reads the table of a safetensors file.
    static func read(_ file: FileBytes) throws -> TensorFile.Contents {
        do {
            guard file.size >= 8 else {
                throw Refusal("it has \(file.size) bytes, too few for a header")
            }
            let length = length(try file.read(0..<8))
            guard length <= maximumLength else {
                throw Refusal("its header claims \(length) bytes, more than the format allows")
            }
            let start = 8 + Int(length)
            guard start <= file.size else {
                throw Refusal(
                    "it is cut off: its header claims \(length) bytes and the file has \(file.size)"
                )
            }
            let header = try SafetensorsHeader(file.read(8..<start), start..<file.size)
            return TensorFile.Contents(entries: header.entries, metadata: header.metadata)
        } catch let refusal as Refusal {
            throw Refusal(
                "it is not a whole safetensors file: \(refusal.reason)",
                advice: refusal.advice
            )
        }
    }

    /// Reads the JSON of a header.
    ///
    /// - Parameters:
    ///   - json: the bytes after the length.
    ///   - data: place of the bytes after the header in the file.
    private init(_ json: [UInt8], _ data: Range<Int>) throws(Refusal) {
        guard json.first == UInt8(ascii: "{") else {
            throw Refusal("its header does not begin with {")
        }
        var scanner = JSONScanner(json)
        var names = Set<String>()
        var tensors: [Tensor] = []
        try scanner.object { scanner, name throws(Refusal) in
            guard names.insert(name).inserted else {
                throw Refusal("'\(name.shown)' is there twice")
            }
            if name == "__metadata__" {
                metadata = try SafetensorsHeader.texts(&scanner)
            } else {
                tensors.append(try SafetensorsHeader.tensor(&scanner, name))
            }
        }
        try scanner.end()
        tensors.sort {
            ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
        }
        var end = 0
        for tensor in tensors {
            guard tensor.bytes.lowerBound == end else {
                throw Refusal("the bytes of '\(tensor.name.shown)' leave a hole or overlap others")
            }
            end = tensor.bytes.upperBound
        }
        guard end == data.count else {
            throw Refusal(
                end > data.count
                    ? "it is cut off: \(data.count) of \(end) bytes of tensors are there"
                    : "\(data.count - end) bytes after the last tensor belong to nothing"
            )
        }
        entries = tensors.map {
            TensorEntry(
                name: $0.name,
                dtype: $0.dtype,
                shape: $0.shape,
                start: data.lowerBound + $0.bytes.lowerBound
            )
        }
    }

    /// A tensor, and its bytes relative to the end of the header.
    private typealias Tensor = (name: String, dtype: ElementType, shape: [Int], bytes: Range<Int>)

    private static func texts(_ scanner: inout JSONScanner) throws(Refusal) -> [String: String] {
        var texts: [String: String] = [:]
        try scanner.object { scanner, key throws(Refusal) in
            guard texts.updateValue(try scanner.string(), forKey: key) == nil else {
                throw Refusal("'\(key.shown)' is there twice in __metadata__")
            }
        }
        return texts
    }

    private static func tensor(
        _ scanner: inout JSONScanner,
        _ name: String
    ) throws(Refusal) -> Tensor {
        var dtype: ElementType?
        var shape: [Int]?
        var offsets: [Int]?
        try scanner.object { scanner, key throws(Refusal) in
            switch key {
            case "dtype" where dtype == nil:
                let text = try scanner.string()
                guard let known = ElementType(rawValue: text) else {
                    throw Refusal("'\(name.shown)' has the unknown type '\(text.shown)'")
                }
                dtype = known
            case "shape" where shape == nil: shape = try scanner.integers()
            case "data_offsets" where offsets == nil: offsets = try scanner.integers()
            default:
                throw Refusal("'\(name.shown)' has an unknown or repeated field '\(key.shown)'")
            }
        }
        guard let dtype, let shape, let offsets else {
            throw Refusal("'\(name.shown)' lacks one of dtype, shape and data_offsets")
        }
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
            throw Refusal("the data_offsets of '\(name.shown)' are no range")
        }
        guard let count = elementCount(shape, size: dtype.size) else {
            throw Refusal("the shape of '\(name.shown)' is impossibly large")
        }
        let size = count * dtype.size
        guard size == offsets[1] - offsets[0] else {
            throw Refusal(
                "'\(name.shown)' of shape \(shape) takes \(size) bytes, its data_offsets give "
                    + "\(offsets[1] - offsets[0])"
            )
        }
        return (name, dtype, shape, offsets[0]..<offsets[1])
    }
}
