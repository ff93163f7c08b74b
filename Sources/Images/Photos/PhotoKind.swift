/// What the first bytes of a file say that it is, whatever its name.
enum PhotoKind {
    case jpeg
    case other(String)

    /// Looks at the first bytes of a file.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        if bytes.count >= 2, bytes[0] == 0xFF, bytes[1] == 0xD8 {
            self = .jpeg
            return
        }
        let head = Array(bytes.prefix(512))
        func at(_ offset: Int, _ text: String) -> Bool {
            head.dropFirst(offset).starts(with: Array(text.utf8))
        }
        if head.isEmpty {
            self = .other("the file is empty")
        } else if head.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
            self = .other("this is a PNG, not a JPEG")
        } else if at(0, "GIF8") {
            self = .other("this is a GIF, not a JPEG")
        } else if at(0, "RIFF"), at(8, "WEBP") {
            self = .other("this is a WebP, not a JPEG")
        } else if at(4, "ftyp") {
            self = .other(PhotoKind.container(brand: Array(head.dropFirst(8).prefix(4))))
        } else if head.starts(with: [0xFF, 0x0A]) || at(4, "JXL ") {
            self = .other("this is a JPEG XL, not a JPEG")
        } else if at(4, "jP  ") {
            self = .other("this is a JPEG 2000, not a JPEG")
        } else if at(0, "II*\0") || at(0, "MM\0*") {
            self = .other("this is a TIFF or a camera's raw file, not a JPEG")
        } else if at(0, "BM") {
            self = .other("this is a BMP, not a JPEG")
        } else if at(0, "%PDF") {
            self = .other("this is a PDF, not a JPEG")
        } else if head.allSatisfy({ $0 == 0 }) {
            self = .other("the file holds zeros, not a JPEG")
        } else {
            self = .other(PhotoKind.text(head))
        }
    }

    /// Names what an ISO base media file holds.
    private static func container(brand: [UInt8]) -> String {
        switch String(decoding: brand, as: UTF8.self) {
        case "avif", "avis": "this is an AVIF, not a JPEG"
        case "heic", "heix", "mif1", "msf1", "hevc": "this is a HEIC, not a JPEG"
        default: "this is a video or another media file, not a JPEG"
        }
    }

    /// Tells web pages and text from data.
    private static func text(_ head: [UInt8]) -> String {
        guard head.allSatisfy({ $0 >= 32 || (9...13).contains($0) }) else {
            return "this is no JPEG"
        }
        let words = String(decoding: head, as: UTF8.self).lowercased()
        if words.contains("<html") || words.contains("<!doctype") || words.contains("<head") {
            return "this is a web page (HTML), not a JPEG; was the download refused?"
        }
        if words.contains("<svg") { return "this is an SVG, not a JPEG" }
        if words.contains("<?xml") { return "this is XML, not a JPEG" }
        return "this is text, not a JPEG"
    }
}
