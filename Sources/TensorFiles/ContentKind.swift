import Files
import Foundation

/// What a file is, told by its first bytes: one that is read here, or one that people take for it.
enum ContentKind {
    case safetensors
    case zip
    case pickle

    /// Bytes that are looked at.
    private static let headLength = 4096

    /// Looks at the beginning of `file`.
    ///
    /// - Throws: `Refusal` that says what the file is where it is nothing that is read.
    init(_ file: FileBytes) throws {
        guard file.size > 0 else {
            throw Refusal("it is empty", advice: "download or copy it again")
        }
        let head = try file.read(0..<min(file.size, ContentKind.headLength))
        if SafetensorsHeader.begins(head) {
            self = .safetensors
        } else if head.starts(with: "PK\u{3}\u{4}".utf8) || head.starts(with: "PK\u{5}\u{6}".utf8) {
            self = .zip
        } else if head.count > 1, head[0] == 0x80, head[1] <= 5 {
            self = .pickle
        } else if let refusal = ContentKind.refusal(head, file.size) {
            throw refusal
        } else {
            // Whatever is left is told what is wrong with it as a safetensors file.
            self = .safetensors
        }
    }

    private static func refusal(_ head: [UInt8], _ size: Int) -> Refusal? {
        if let kind = signature(head) { return kind }
        if head.count >= 512, head.allSatisfy({ $0 == 0 }) {
            return Refusal(
                "it begins with \(head.count) zeros, as a download does that was not finished",
                advice: "download it again"
            )
        }
        return text(head, size)
    }

    private static func signature(_ head: [UInt8]) -> Refusal? {
        let unpack = "unpack it and give the file that is in it"
        let convert =
            "convert it in Python: save the network's state_dict() with torch.save, or as safetensors"
        func begins(_ bytes: [UInt8], at offset: Int = 0) -> Bool {
            head.dropFirst(offset).starts(with: bytes)
        }
        func begins(_ text: String, at offset: Int = 0) -> Bool {
            begins(Array(text.utf8), at: offset)
        }
        if begins([0x1F, 0x8B]) {
            return Refusal(
                "it is compressed by gzip",
                advice: "unpack it: gunzip FILE, or tar -xzf FILE"
            )
        }
        if begins([0x28, 0xB5, 0x2F, 0xFD]) {
            return Refusal("it is compressed by zstd", advice: unpack)
        }
        if begins([0xFD, 0x37, 0x7A, 0x58, 0x5A]) {
            return Refusal("it is compressed by xz", advice: unpack)
        }
        if begins("BZh") { return Refusal("it is compressed by bzip2", advice: unpack) }
        if begins([0x37, 0x7A, 0xBC, 0xAF]) {
            return Refusal("it is a 7-Zip archive", advice: unpack)
        }
        if begins("ustar", at: 257) {
            let member = String(decoding: head.prefix(100).prefix { $0 != 0 }, as: UTF8.self)
            let parts = ["sys_info", "pickle", "tensors", "storages"]
            return parts.contains(member.replacing("./", with: ""))
                ? Refusal(
                    "it is in the tar format that PyTorch wrote before 2017",
                    advice: "open it in Python with torch.load and save it again with torch.save"
                )
                : Refusal("it is a tar archive that begins with '\(member.shown)'", advice: unpack)
        }
        if begins([0x89, 0x48, 0x44, 0x46]) {
            return Refusal("it is an HDF5 file, such as Keras writes (.h5)", advice: convert)
        }
        if begins([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]) {
            return Refusal("it is a single array of NumPy (.npy)", advice: convert)
        }
        if begins("GGUF") {
            return Refusal("it is a GGUF file", advice: "it holds a language model")
        }
        if begins("TFL3", at: 4) {
            return Refusal("it is a TensorFlow Lite model", advice: convert)
        }
        if isONNX(head) { return Refusal("it is an ONNX model", advice: convert) }
        let photos = "give the file of weights here, and photos where photos are asked for"
        if begins([0xFF, 0xD8, 0xFF]) { return Refusal("it is a JPEG photo", advice: photos) }
        if begins([0x89, 0x50, 0x4E, 0x47]) {
            return Refusal("it is a PNG picture", advice: photos)
        }
        if begins("%PDF") {
            return Refusal("it is a PDF document", advice: "give a file of weights")
        }
        return nil
    }

    /// An ONNX model begins with its version, field 1, a number of at most 20, and its producer's name, or
    /// its domain or graph, fields 2, 4 and 7 (onnx.proto).
    private static func isONNX(_ head: [UInt8]) -> Bool {
        head.count > 3 && head[0] == 0x08 && (1...20).contains(head[1])
            && [0x12, 0x22, 0x3A].contains(head[2])
    }

    /// What a file of text alone is.
    private static func text(_ head: [UInt8], _ size: Int) -> Refusal? {
        var bytes = head[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        // The last character of the piece may be cut.
        if size > head.count { bytes = bytes.dropLast(4) }
        let isText = bytes.allSatisfy { $0 >= 0x20 || [0x09, 0x0A, 0x0C, 0x0D].contains($0) }
        guard isText, let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let again = "download the file itself, and see what the server says if it comes again"
        let lower = text.drop(while: \.isWhitespace).prefix(64).lowercased()
        if lower.hasPrefix("version https://git-lfs") {
            let said = text.split(separator: "\n").first { $0.hasPrefix("size ") }
                .flatMap { Int($0.dropFirst(5)) }
            return Refusal(
                "it is a Git LFS pointer, which stands for the file"
                    + (said.map { " of \($0) bytes" } ?? ""),
                advice: "fetch the file itself: git lfs pull, or download it from its page"
            )
        }
        if lower.hasPrefix("<!doctype html") || lower.hasPrefix("<html") {
            return Refusal("it is a web page (HTML)", advice: again)
        }
        if lower.hasPrefix("<?xml") || lower.hasPrefix("<error") {
            return Refusal("it is XML, such as a server answers: \(quoted(text))", advice: again)
        }
        if lower.hasPrefix("{") || lower.hasPrefix("[") {
            return Refusal("it is JSON: \(quoted(text))", advice: again)
        }
        return Refusal("it is text: \(quoted(text))", advice: again)
    }

    /// The beginning of a text, on one line.
    private static func quoted(_ text: String) -> String {
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let begin = words.prefix(60)
        return "'\(String(begin).shown)\(begin.count < words.count ? "…" : "")'"
    }
}
