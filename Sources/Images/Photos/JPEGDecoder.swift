import CJPEGShim

/// The whole photo or a part of it, at a reduction, as rows of RGB.
///
/// One decoder serves for any number of photos, one after the other, in one thread at a time.
final class JPEGDecoder {
    /// Most memory for the coefficients of a progressive photo, which must all be held.
    private static let coefficientLimit: UInt64 = 1 << 29
    /// Most pixels that a photo may claim.
    private static let pixelLimit = 1 << 28
    /// Most pixels that a byte of Huffman-coded data can stand for: a block of 64 takes at least
    /// one bit, and eight luma blocks can go with one of chroma.
    private static let pixelsPerByte = 1024

    private let handle: OpaquePointer

    /// The part that is being decoded, in pixels after reduction.
    struct Window {
        /// Extents of the whole photo.
        var fullWidth: Int
        var fullHeight: Int
        /// First column of each row; may lie left of the one asked for.
        var left: Int
        /// Columns of each row.
        var width: Int
    }

    /// Makes a decoder.
    init() throws(PhotoError) {
        guard let handle = jpegshim_decoder_create() else {
            throw .loader(reason: "no memory for a JPEG decoder")
        }
        self.handle = handle
    }

    deinit { jpegshim_decoder_destroy(handle) }

    /// Reads the header of the file in `bytes`, which must stay in place until `end`.
    ///
    /// - Parameter path: the file, for messages.
    func begin(
        _ bytes: UnsafeBufferPointer<UInt8>,
        path: String
    ) throws(PhotoError) -> PhotoHeader {
        if case .other(let reason) = PhotoKind(bytes) { throw .notJPEG(path: path, reason: reason) }
        var raw = jpegshim_header()
        guard jpegshim_read_header(handle, bytes.baseAddress, bytes.count, &raw) == 0 else {
            throw damaged(path)
        }
        let orientation = Orientation(jpeg: bytes)
        let width = Int(raw.width)
        let height = Int(raw.height)
        try check(raw, bytes: bytes.count, path: path)
        return PhotoHeader(
            width: orientation.transposed ? height : width,
            height: orientation.transposed ? width : height,
            components: Int(raw.components),
            isProgressive: raw.multiple_scans != 0,
            bytes: bytes.count,
            orientation: orientation
        )
    }

    /// Starts decoding columns `left` ..< `left + width` from row `top` on, in pixels after a
    /// reduction to `eighths`/8 of the size.
    func start(
        eighths: Int,
        left: Int,
        width: Int,
        top: Int,
        path: String
    ) throws(PhotoError) -> Window {
        var raw = jpegshim_window()
        let code = jpegshim_start(
            handle,
            Int32(eighths),
            Int32(left),
            Int32(width),
            Int32(top),
            Int(JPEGDecoder.coefficientLimit) + 1 << 24,
            &raw
        )
        guard code == 0 else { throw damaged(path) }
        return Window(
            fullWidth: Int(raw.full_width),
            fullHeight: Int(raw.full_height),
            left: Int(raw.left),
            width: Int(raw.width)
        )
    }

    /// Decodes the next row: 3 bytes for each column of the window.
    @inline(__always)
    func readRow(_ row: UnsafeMutablePointer<UInt8>, path: String) throws(PhotoError) {
        guard jpegshim_read_row(handle, row) == 0 else { throw damaged(path) }
    }

    /// Lets go of the photo.
    func end() { jpegshim_end(handle) }

    private func damaged(_ path: String) -> PhotoError {
        let reason = String(cString: jpegshim_message(handle))
        return .damaged(path: path, reason: "a damaged JPEG: \(reason)")
    }

    /// Refuses extents that no memory and no time should be spent on.
    private func check(
        _ header: jpegshim_header,
        bytes: Int,
        path: String
    ) throws(PhotoError) {
        let extents = "\(header.width)×\(header.height) pixels"
        let pixels = Int(header.width) * Int(header.height)
        guard pixels > 0 else { throw .damaged(path: path, reason: "the header claims \(extents)") }
        guard pixels <= JPEGDecoder.pixelLimit else {
            throw .tooLarge(
                path: path,
                reason: "the header claims \(extents), more than \(JPEGDecoder.pixelLimit >> 20) Mi"
            )
        }
        guard header.arithmetic != 0 || pixels / JPEGDecoder.pixelsPerByte <= bytes else {
            throw .damaged(
                path: path,
                reason: "the header claims \(extents), which \(bytes) bytes cannot hold"
            )
        }
        guard
            header.multiple_scans == 0
                || header.coefficient_bytes <= JPEGDecoder.coefficientLimit
        else {
            throw .tooLarge(
                path: path,
                reason: "a progressive JPEG of \(extents) takes "
                    + "\(header.coefficient_bytes >> 20) MiB to decode, more than "
                    + "\(JPEGDecoder.coefficientLimit >> 20); store it as a baseline JPEG"
            )
        }
    }
}
