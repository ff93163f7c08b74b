import CPhotoShim

/// PNGs through libpng: every colour type and depth as 8 bits of red, green and blue.
///
/// Alpha is left out, as Pillow's `convert("RGB")` does; 16 bits are scaled to 8 and rounded; gamma
/// and profiles are ignored, as in JPEGs. Rows are decoded as they are asked for, and held only
/// where a photo is interlaced. Of an animated PNG this is the still picture.
final class PNGDecoder: PhotoDecoder {
    /// Most bytes that one byte of deflated data can stand for.
    private static let inflation = 1032
    /// Longest row: libpng's own limit, where nobody raises it.
    private static let widthLimit = 1_000_000

    private let handle: OpaquePointer
    /// The whole photo where it is interlaced, else a row of it.
    private var scratch = Scratch<UInt8>()
    private var pixels: UnsafeMutablePointer<UInt8>?
    private var width = 0
    private var height = 0
    private var isInterlaced = false
    private var columns = 0..<0
    private var next = 0

    let reductions: [Int] = []

    /// Opens the library and makes a decoder.
    ///
    /// - Parameter path: the photo that needs it, for the message.
    init(path: String) throws(PhotoError) {
        try SystemLibrary.png.open(path: path)
        guard let handle = pngshim_decoder_create() else {
            throw .loader(reason: "no memory for a PNG decoder")
        }
        self.handle = handle
    }

    deinit { pngshim_decoder_destroy(handle) }

    func begin(
        _ bytes: UnsafeBufferPointer<UInt8>,
        path: String
    ) throws(PhotoError) -> PhotoHeader {
        var raw = pngshim_header()
        guard pngshim_read_header(handle, bytes.baseAddress, bytes.count, &raw) == 0 else {
            throw damaged(path)
        }
        width = Int(raw.width)
        height = Int(raw.height)
        isInterlaced = raw.interlaced != 0
        try PhotoLimits.check(
            width: width,
            height: height,
            bytes: bytes.count,
            pixelsPerByte: PNGDecoder.inflation * 8 / max(Int(raw.bits), 1),
            path: path
        )
        guard width <= PNGDecoder.widthLimit else {
            throw .tooLarge(path: path, reason: "the header claims rows of \(width) pixels")
        }
        if isInterlaced {
            try PhotoLimits.check(
                memory: UInt64(width * height * 3),
                "an interlaced PNG",
                width: width,
                height: height,
                path: path
            )
        }
        let orientation = Orientation(png: bytes.span)
        return PhotoHeader(
            width: orientation.transposed ? height : width,
            height: orientation.transposed ? width : height,
            components: Int(raw.components),
            isProgressive: isInterlaced,
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
        self.columns = columns
        let passes = pngshim_start(handle)
        guard passes > 0 else { throw damaged(path) }
        let pitch = 3 * width
        let pixels = scratch.reserve(isInterlaced ? pitch * height : pitch)
        self.pixels = pixels
        if isInterlaced {
            // The last pass, which fills in the gaps, can stop below the last row that is wanted.
            for pass in 1...passes {
                for y in 0..<(pass == passes ? rows.upperBound : height) {
                    guard pngshim_read_row(handle, pixels + y * pitch) == 0 else {
                        throw damaged(path)
                    }
                }
            }
        } else {
            for _ in 0..<rows.lowerBound {
                guard pngshim_read_row(handle, nil) == 0 else { throw damaged(path) }
            }
        }
        next = rows.lowerBound
        return PhotoWindow(
            fullWidth: width,
            fullHeight: height,
            left: columns.lowerBound,
            width: columns.count
        )
    }

    func readRow(_ row: UnsafeMutablePointer<UInt8>, path: String) throws(PhotoError) {
        guard let pixels, next < height else {
            throw .damaged(path: path, reason: "a damaged PNG: no more rows")
        }
        let line = isInterlaced ? pixels + next * 3 * width : pixels
        next += 1
        if !isInterlaced {
            let target = columns.count == width ? row : line
            guard pngshim_read_row(handle, target) == 0 else { throw damaged(path) }
            if columns.count == width { return }
        }
        row.update(from: line + 3 * columns.lowerBound, count: 3 * columns.count)
    }

    func end() {
        pngshim_end(handle)
        pixels = nil
        scratch.release(above: PhotoLimits.kept)
    }

    private func damaged(_ path: String) -> PhotoError {
        let reason = String(cString: pngshim_message(handle))
        return .damaged(path: path, reason: "a damaged PNG: \(reason)")
    }
}
