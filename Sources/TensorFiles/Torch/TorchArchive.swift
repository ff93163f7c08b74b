import Files

/// A file of `torch.save` since PyTorch 1.6: a zip archive of `data.pkl` and a member for each storage.
enum TorchArchive {
    /// Longest pickle that is read, in bytes.
    static let maximumPickle = 64 << 20

    /// Reads the table of tensors.
    static func read(_ file: FileBytes) throws -> TensorFile.Contents {
        let zip = try ZipDirectory(file)
        let members = Dictionary(zip.members.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        guard
            let pickle = zip.members.filter({ $0.name.split(separator: "/").last == "data.pkl" })
                .min(by: { $0.name.utf8.count < $1.name.utf8.count })
        else { throw otherArchive(zip) }
        let folder = String(pickle.name.dropLast("data.pkl".count))
        guard members[folder + "constants.pkl"] == nil,
            !zip.members.contains(where: { $0.name.hasPrefix(folder + "code/") })
        else {
            throw Refusal(
                "it is a TorchScript program, not a dictionary of weights",
                advice: "in Python: torch.save(torch.jit.load(FILE).state_dict(), NEW)"
            )
        }
        if let order = members[folder + "byteorder"] {
            let text = try file.read(zip.content(of: order).prefix(16))
            guard text.elementsEqual("little".utf8) else { throw bigEndian }
        }
        let place = try zip.content(of: pickle)
        guard place.count <= maximumPickle else {
            throw Refusal("its pickle has \(place.count) bytes; at most \(maximumPickle) are read")
        }
        var unpickler = Unpickler(ByteReader(file, place, of: "its pickle"))
        let root = try unpickler.load()
        return try TorchContents(unpickler.heap, root).table { storage in
            guard let member = members[folder + "data/" + storage.key] else {
                throw Refusal("the storage '\(storage.key.shown)' is missing from its zip archive")
            }
            return try zip.content(of: member)
        }
    }

    static var bigEndian: Refusal {
        Refusal(
            "it was written on a big-endian machine",
            advice: "open it in Python with torch.load and save it again on a machine like this one"
        )
    }

    /// What a zip archive is that PyTorch did not write.
    private static func otherArchive(_ zip: ZipDirectory) -> Refusal {
        let names = zip.members.map(\.name)
        let convert =
            "convert it in Python: save the network's state_dict() with torch.save, or as safetensors"
        if !names.isEmpty, names.allSatisfy({ $0.hasSuffix(".npy") }) {
            return Refusal("it holds arrays of NumPy (.npz)", advice: convert)
        }
        if names.contains("model.weights.h5") {
            return Refusal("it is a Keras model (.keras)", advice: convert)
        }
        let weights = [".pth", ".pt", ".bin", ".safetensors", ".tar"]
        if let inner = names.first(where: { name in weights.contains { name.hasSuffix($0) } }) {
            return Refusal(
                "it is a zip archive that holds '\(inner.shown)'",
                advice: "unpack it and give that file"
            )
        }
        let first = names.first.map { "the first of \(names.count) members is '\($0.shown)'" }
        return Refusal(
            "it is a zip archive that PyTorch did not write: " + (first ?? "it is empty"),
            advice: "give a file of weights"
        )
    }
}
