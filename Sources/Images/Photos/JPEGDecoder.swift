import CJPEGShim

/// JPEGs through libjpeg: rows are decoded as they are asked for, at any of its fast reductions.
final class JPEGDecoder: PhotoDecoder {
    /// Most pixels that a byte of Huffman-coded data can stand for: a block of 64 takes at least
    /// one bit, and eight luma blocks can go with one of chroma.
    private static let pixelsPerByte = 1024

    private let handle: OpaquePointer

    let reductions = [1, 2, 4]

    /// Makes a decoder.
    init() throws(PhotoError) {
        guard let handle = jpegshim_decoder_create() else {
            throw .loader(reason: "no memory for a JPEG decoder")
        }
        self.handle = handle
    }

    deinit { jpegshim_decoder_destroy(handle) }

    func begin(
        _ bytes: UnsafeBufferPointer<UInt8>,
        path: String
    ) throws(PhotoError) -> PhotoHeader {
        var raw = jpegshim_header()
        guard jpegshim_read_header(handle, bytes.baseAddress, bytes.count, &raw) == 0 else {
            throw damaged(path)
        }
        let orientation = Orientation(jpeg: bytes.span)
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

    func start(
        eighths: Int,
        columns: Range<Int>,
        rows: Range<Int>,
        path: String
    ) throws(PhotoError) -> PhotoWindow {
        var raw = jpegshim_window()
        let code = jpegshim_start(
            handle,
            Int32(eighths),
            Int32(columns.lowerBound),
            Int32(columns.count),
            Int32(rows.lowerBound),
            PhotoLimits.memory + 1 << 24,
            &raw
        )
        guard code == 0 else { throw damaged(path) }
        return PhotoWindow(
            fullWidth: Int(raw.full_width),
            fullHeight: Int(raw.full_height),
            left: Int(raw.left),
            width: Int(raw.width)
        )
    }

    func readRow(_ row: UnsafeMutablePointer<UInt8>, path: String) throws(PhotoError) {
        guard jpegshim_read_row(handle, row) == 0 else { throw damaged(path) }
    }

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
        try PhotoLimits.check(
            width: Int(header.width),
            height: Int(header.height),
            bytes: bytes,
            pixelsPerByte: header.arithmetic != 0 ? nil : JPEGDecoder.pixelsPerByte,
            path: path
        )
        guard header.multiple_scans != 0 else { return }
        try PhotoLimits.check(
            memory: header.coefficient_bytes,
            "a progressive JPEG",
            width: Int(header.width),
            height: Int(header.height),
            path: path
        )
    }
}
