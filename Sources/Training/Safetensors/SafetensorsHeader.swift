/// The header of a safetensors file, read strictly.
///
/// Refused are invalid UTF-8 or JSON, keys that repeat or are not of the format, unknown types,
/// shapes that overflow or do not match their bytes, and data with holes or overlaps.
struct SafetensorsHeader {
    /// The tensors, in the order of their bytes.
    private(set) var entries: [SafetensorsEntry] = []
    /// The file's own texts.
    private(set) var metadata: [String: String] = [:]

    /// Why a header is refused.
    struct Refusal: Error {
        let reason: String

        init(_ reason: String) { self.reason = reason }
    }

    /// Reads the JSON of a header.
    ///
    /// - Parameters:
    ///   - json: the bytes after the length.
    ///   - dataCount: bytes of the file after the header.
    init(_ json: [UInt8], dataCount: Int) throws(Refusal) {
        guard json.first == UInt8(ascii: "{") else {
            throw Refusal("its header does not begin with {")
        }
        var scanner = JSONScanner(json)
        var names = Set<String>()
        try scanner.object { scanner, name throws(Refusal) in
            guard names.insert(name).inserted else { throw Refusal("'\(name)' is there twice") }
            if name == "__metadata__" {
                metadata = try SafetensorsHeader.texts(&scanner)
            } else {
                entries.append(try SafetensorsHeader.entry(&scanner, name))
            }
        }
        try scanner.end()
        entries.sort {
            ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
        }
        var end = 0
        for entry in entries {
            guard entry.bytes.lowerBound == end else {
                throw Refusal("the bytes of '\(entry.name)' leave a hole or overlap others")
            }
            end = entry.bytes.upperBound
        }
        guard end == dataCount else {
            throw Refusal(
                end > dataCount
                    ? "it is cut off: \(dataCount) of \(end) bytes of tensors are there"
                    : "\(dataCount - end) bytes after the last tensor belong to nothing"
            )
        }
    }

    private static func texts(_ scanner: inout JSONScanner) throws(Refusal) -> [String: String] {
        var texts: [String: String] = [:]
        try scanner.object { scanner, key throws(Refusal) in
            guard texts.updateValue(try scanner.string(), forKey: key) == nil else {
                throw Refusal("'\(key)' is there twice in __metadata__")
            }
        }
        return texts
    }

    private static func entry(
        _ scanner: inout JSONScanner,
        _ name: String
    ) throws(Refusal) -> SafetensorsEntry {
        var dtype: SafetensorsEntry.DType?
        var shape: [Int]?
        var offsets: [Int]?
        try scanner.object { scanner, key throws(Refusal) in
            switch key {
            case "dtype" where dtype == nil:
                let text = try scanner.string()
                guard let known = SafetensorsEntry.DType(rawValue: text) else {
                    throw Refusal("'\(name)' has the unknown type '\(text)'")
                }
                dtype = known
            case "shape" where shape == nil: shape = try scanner.integers()
            case "data_offsets" where offsets == nil: offsets = try scanner.integers()
            default: throw Refusal("'\(name)' has an unknown or repeated field '\(key)'")
            }
        }
        guard let dtype, let shape, let offsets else {
            throw Refusal("'\(name)' lacks one of dtype, shape and data_offsets")
        }
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
            throw Refusal("the data_offsets of '\(name)' are no range")
        }
        var size = dtype.size
        for extent in shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw Refusal("the shape of '\(name)' is impossibly large") }
            size = product
        }
        guard size == offsets[1] - offsets[0] else {
            throw Refusal(
                "'\(name)' of shape \(shape) takes \(size) bytes, its data_offsets give "
                    + "\(offsets[1] - offsets[0])"
            )
        }
        return SafetensorsEntry(
            name: name,
            dtype: dtype,
            shape: shape,
            bytes: offsets[0]..<offsets[1]
        )
    }
}
