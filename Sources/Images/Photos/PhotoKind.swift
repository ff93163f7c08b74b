import Files
import Foundation

/// What the first bytes of a file say that it is, whatever its name.
enum PhotoKind: Equatable {
    case jpeg
    case png
    case webp
    /// A photo of a kind that is not decoded; the reason says which and how to convert it.
    case unread(String)
    /// No photo; the reason says what it is.
    case noPhoto(String)

    /// Bytes that suffice to tell.
    static let headBytes = 512

    /// Looks at the first bytes of a file.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        if bytes.count >= 2, bytes[0] == 0xFF, bytes[1] == 0xD8 {
            self = .jpeg
            return
        }
        let head = Array(bytes.prefix(PhotoKind.headBytes))
        func at(_ offset: Int, _ text: String) -> Bool {
            head.dropFirst(offset).starts(with: Array(text.utf8))
        }
        if head.isEmpty {
            self = .noPhoto("it is empty")
        } else if head.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
            self = .png
        } else if at(0, "RIFF"), at(8, "WEBP") {
            self = .webp
        } else if at(0, "GIF8") {
            self = .convert("a GIF", "mogrify -format jpg 'FILE[0]'")
        } else if at(4, "ftyp") {
            self = PhotoKind.container(brand: Array(head.dropFirst(8).prefix(4)))
        } else if head.starts(with: [0xFF, 0x0A]) || at(4, "JXL ") {
            self = .convert("a JPEG XL", "djxl FILE FILE.jpg")
        } else if at(4, "jP  ") || head.starts(with: [0xFF, 0x4F, 0xFF, 0x51]) {
            self = .convert("a JPEG 2000", "mogrify -format jpg FILE")
        } else if at(0, "II*\0") || at(0, "MM\0*") {
            self = .convert("a TIFF or a camera's raw file", "mogrify -format jpg 'FILE[0]'")
        } else if at(0, "BM"), head.count >= 26, head[6..<10].allSatisfy({ $0 == 0 }) {
            self = .convert("a BMP", "mogrify -format jpg FILE")
        } else if at(0, "%PDF") {
            self = .noPhoto("this is a PDF, not a photo")
        } else if head.allSatisfy({ $0 == 0 }) {
            self = .noPhoto("the file holds zeros, not a photo")
        } else {
            self = .noPhoto(PhotoKind.text(head))
        }
    }

    /// A kind that is told with the command that turns it into one that is read.
    private static func convert(_ kind: String, _ command: String) -> PhotoKind {
        .unread("this is \(kind), which is not read; convert it: \(command)")
    }

    /// Names what an ISO base media file holds.
    private static func container(brand: [UInt8]) -> PhotoKind {
        switch String(decoding: brand, as: UTF8.self) {
        case "avif", "avis": .convert("an AVIF", "avifdec FILE FILE.jpg")
        case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1":
            .convert("a HEIC", "heif-convert FILE FILE.jpg")
        default: .noPhoto("this is a video or another media file, not a photo")
        }
    }

    /// Tells web pages and text from data.
    private static func text(_ head: [UInt8]) -> String {
        guard head.allSatisfy({ $0 >= 32 || (9...13).contains($0) }) else {
            return "this is no photo of a known kind"
        }
        let words = String(decoding: head, as: UTF8.self).lowercased()
        if words.contains("<html") || words.contains("<!doctype") || words.contains("<head") {
            return "this is a web page (HTML), not a photo; was the download refused?"
        }
        if words.contains("<svg") { return "this is an SVG, not a photo" }
        if words.contains("<?xml") { return "this is XML, not a photo" }
        return "this is text, not a photo"
    }
}

/// Whether a file found in a folder is to be read as a photo: its first bytes say that it is one, or its
/// name does, so that a damaged photo is told and not passed over.
func isLikelyPhoto(_ path: String) -> Bool {
    let endings = [
        "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "heic", "heif", "avif", "tif", "tiff",
        "bmp",
        "jxl", "jp2",
    ]
    if endings.contains(Path.fileExtension(of: path)) { return true }
    let file = openFile(path, O_RDONLY | O_NONBLOCK)
    // What cannot be opened or read is told as such when its turn comes.
    guard file >= 0 else { return true }
    defer { close(file) }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: PhotoKind.headBytes) { head in
        let count = read(file, head.baseAddress, head.count)
        guard count >= 0 else { return true }
        if case .noPhoto = PhotoKind(UnsafeBufferPointer(rebasing: head[..<count])) { return false }
        return true
    }
}
