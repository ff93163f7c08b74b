import CPhotoShim

/// WebPs through libwebp, lossy and lossless.
///
/// Alpha is left out, as Pillow's `convert("RGB")` does. The part that is wanted is decoded at once,
/// at full size. Of an animated file this is the first frame.
final class WebPDecoder: PhotoDecoder {
    /// Most pixels that a byte of lossy data can stand for; lossless data have no such limit.
    ///
    /// The modes of a block of 256 pixels take 3.4 bits at the fixed probabilities of a key frame.
    private static let pixelsPerByte = 1024
    /// Columns and rows beyond the wanted ones: libwebp interpolates chroma from what it decodes,
    /// so that the outermost would depend on where the photo is cut.
    private static let margin = 2

    private var scratch = Scratch<UInt8>()
    private var bitstream = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    private var next = UnsafePointer<UInt8>?.none
    private var pitch = 0
    private var rowsLeft = 0
    private var width = 0
    private var height = 0

    let reductions: [Int] = []

    /// Opens the library and makes a decoder.
    ///
    /// - Parameter path: the photo that needs it, for the message.
    init(path: String) throws(PhotoError) { try SystemLibrary.webp.open(path: path) }

    func begin(
        _ bytes: UnsafeBufferPointer<UInt8>,
        path: String
    ) throws(PhotoError) -> PhotoHeader {
        let file = WebPChunks(bytes.span)
        guard let picture = file.bitstream else {
            throw .damaged(path: path, reason: "a damaged WebP: there is no picture in it")
        }
        let bitstream = UnsafeBufferPointer(rebasing: bytes[picture])
        var raw = webpshim_header()
        let status = webpshim_read_header(bitstream.baseAddress, bitstream.count, &raw)
        guard status == 0 else { throw damaged(status, path) }
        let isLossless = raw.lossless != 0
        width = Int(raw.width)
        height = Int(raw.height)
        try PhotoLimits.check(
            width: width,
            height: height,
            bytes: bitstream.count,
            pixelsPerByte: isLossless ? nil : WebPDecoder.pixelsPerByte,
            path: path
        )
        try PhotoLimits.check(
            memory: UInt64(width * height * (isLossless ? 7 : 3)),
            isLossless ? "a lossless WebP" : "a WebP",
            width: width,
            height: height,
            path: path
        )
        self.bitstream = bitstream
        let orientation = file.exif.map { Orientation(tiff: bytes.span.extracting($0)) } ?? .upright
        return PhotoHeader(
            width: orientation.transposed ? height : width,
            height: orientation.transposed ? width : height,
            components: file.hasAlpha || raw.has_alpha != 0 ? 4 : 3,
            isProgressive: false,
            bytes: bytes.count,
            orientation: orientation
        )
    }

    func start(
        eighths: Int,
        columns: Range<Int>,
        rows: Range<Int>,
        path: String
    ) throws(PhotoError) -> PhotoWindow {
        let margin = WebPDecoder.margin
        let left = max(columns.lowerBound - margin, 0) & ~1
        let top = max(rows.lowerBound - margin, 0) & ~1
        let right = min(columns.upperBound + margin, width)
        let bottom = min(rows.upperBound + margin, height)
        pitch = 3 * (right - left)
        let pixels = scratch.reserve(pitch * (bottom - top))
        let window = webpshim_window(
            left: Int32(left),
            top: Int32(top),
            width: Int32(right - left),
            height: Int32(bottom - top)
        )
        let status = webpshim_decode(bitstream.baseAddress, bitstream.count, window, pixels)
        guard status == 0 else { throw damaged(status, path) }
        next = UnsafePointer(pixels + pitch * (rows.lowerBound - top))
        rowsLeft = bottom - rows.lowerBound
        return PhotoWindow(fullWidth: width, fullHeight: height, left: left, width: right - left)
    }

    func readRow(_ row: UnsafeMutablePointer<UInt8>, path: String) throws(PhotoError) {
        guard let line = next, rowsLeft > 0 else {
            throw .damaged(path: path, reason: "a damaged WebP: no more rows")
        }
        row.update(from: line, count: pitch)
        next = line + pitch
        rowsLeft -= 1
    }

    func end() {
        next = nil
        rowsLeft = 0
        bitstream = UnsafeBufferPointer(start: nil, count: 0)
        scratch.release(above: PhotoLimits.kept)
    }

    /// What libwebp's `VP8StatusCode` says.
    private func damaged(_ status: Int32, _ path: String) -> PhotoError {
        switch status {
        case 1: .tooLarge(path: path, reason: "libwebp found no memory to decode this WebP")
        case 2, 4: .damaged(path: path, reason: "a WebP that libwebp does not decode")
        case 5, 7: .damaged(path: path, reason: "a damaged WebP: the file ends too early")
        default: .damaged(path: path, reason: "a damaged WebP: its data are corrupt")
        }
    }
}

/// Where the parts of a WebP file lie that matter here, found by its RIFF chunks.
///
/// A chunk that claims more than the file has ends with it.
package struct WebPChunks {
    /// The first picture: the payload of its `VP8 ` or `VP8L` chunk.
    package private(set) var bitstream: Range<Int>?
    /// The payload of the `EXIF` chunk.
    package private(set) var exif: Range<Int>?
    /// Whether the picture has a chunk of alpha beside it.
    private(set) var hasAlpha = false

    /// Looks through a file that begins with RIFF and WEBP.
    package init(_ file: Span<UInt8>) { look(file, 12..<max(12, file.count), inFrame: false) }

    private mutating func look(_ file: Span<UInt8>, _ part: Range<Int>, inFrame: Bool) {
        var at = part.lowerBound
        while at <= part.upperBound - 8 {
            let size = file.number(at + 4, bytes: 4, littleEndian: true) ?? 0
            let payload = at + 8..<min(at + 8 + size, part.upperBound)
            if inFrame || !takeWhole(file, at, payload) { takePicture(file, at, payload) }
            at = payload.upperBound + size & 1
        }
    }

    /// Takes what stands outside of frames alone; false where it is no such chunk.
    private mutating func takeWhole(_ file: Span<UInt8>, _ at: Int, _ payload: Range<Int>) -> Bool {
        if file.holds(Array("EXIF".utf8), at: at) {
            exif = exif ?? payload
        } else if file.holds(Array("ANMF".utf8), at: at) {
            // A frame: 16 bytes on its place and time, then the chunks of a still picture.
            let chunks = payload.dropFirst(16)
            if bitstream == nil { look(file, chunks, inFrame: true) }
        } else {
            return false
        }
        return true
    }

    private mutating func takePicture(_ file: Span<UInt8>, _ at: Int, _ payload: Range<Int>) {
        guard bitstream == nil else { return }
        if file.holds(Array("ALPH".utf8), at: at) { hasAlpha = true }
        if file.holds(Array("VP8 ".utf8), at: at) || file.holds(Array("VP8L".utf8), at: at) {
            bitstream = payload
        }
    }
}
