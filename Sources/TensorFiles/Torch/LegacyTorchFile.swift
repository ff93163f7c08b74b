import Files

/// A file of `torch.save` before PyTorch 1.6, or with `_use_new_zipfile_serialization=False`.
///
/// Five pickles: a magic number, the version of the protocol, what the machine was like, the object, the
/// keys of its storages; then for each key the number of elements, as 64 bits, and the elements.
enum LegacyTorchFile {
    private static let magic = "the number 0x1950a86a20f9469cfc6c"

    /// Reads the table of tensors.
    static func read(_ file: FileBytes) throws -> TensorFile.Contents {
        let head = 0..<min(file.size, TorchArchive.maximumPickle)
        var unpickler = Unpickler(ByteReader(file, head, of: "its pickle"))
        guard case .other(magic) = try unpickler.load() else {
            throw Refusal(
                "it is a pickle of Python, but none that torch.save wrote",
                advice:
                    "in Python, save the network's state_dict() with torch.save, or as safetensors"
            )
        }
        guard case .integer(1001) = try unpickler.load() else {
            throw Refusal("it has a version of PyTorch's format that is not known")
        }
        if case .dictionary(let place) = try unpickler.load() {
            for case (.text("little_endian"), .boolean(false)) in unpickler.heap.dictionaries[place]
            {
                throw TorchArchive.bigEndian
            }
        }
        let root = try unpickler.load()
        let list = try unpickler.load()
        guard let keys = unpickler.heap.items(list) else { throw Unpickler.damaged }
        let storages = try places(keys, unpickler, file)
        return try TorchContents(unpickler.heap, root).table { storage in
            guard let place = storages[storage.key] else {
                throw Refusal("the storage '\(storage.key.shown)' is missing from it")
            }
            return place
        }
    }

    /// Where the elements of each storage lie.
    private static func places(
        _ keys: [PickleValue],
        _ unpickler: Unpickler,
        _ file: FileBytes
    ) throws -> [String: Range<Int>] {
        let sizes = Dictionary(
            unpickler.heap.storages.map { ($0.key, elementSize($0)) },
            uniquingKeysWith: { $1 }
        )
        var reader = ByteReader(file, unpickler.place..<file.size, of: "it")
        var places: [String: Range<Int>] = [:]
        for case .text(let key) in keys {
            let count = try reader.length(8)
            guard let known = sizes[key], let size = known else {
                throw Refusal("it has a storage of a type that is not known")
            }
            let (length, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow, length <= reader.remaining else {
                throw Refusal(
                    "it is cut off: \(count) elements of \(size) bytes begin at byte \(reader.place) of "
                        + "\(file.size)",
                    advice: "download or copy it again"
                )
            }
            places[key] = reader.place..<reader.place + length
            try reader.skip(length)
        }
        return places
    }

    /// Bytes of an element; nil where the type is not known.
    private static func elementSize(_ storage: PickledStorage) -> Int? {
        if let dtype = storage.dtype { return dtype.size }
        switch storage.type.split(separator: ".").last {
        case "UntypedStorage", "QInt8Storage", "QUInt8Storage": return 1
        case "QInt32Storage": return 4
        case "ComplexFloatStorage": return 8
        case "ComplexDoubleStorage": return 16
        default: return nil
        }
    }
}
