/// Reads photos in one thread, one after the other, with scratch that is used again.
public final class PhotoReader {
    var file = FileBuffer()
    let decoder: JPEGDecoder
    let resampler = Resampler()

    /// Makes a reader.
    public init() throws(PhotoError) { decoder = try JPEGDecoder() }

    /// Reads the header of the photo at `path`.
    public func header(_ path: String) throws(PhotoError) -> PhotoHeader {
        try file.read(path)
        defer { decoder.end() }
        return try decoder.begin(file.bytes, path: path)
    }

    /// Decodes all of the photo at `path`, at the smallest size, and throws what is wrong with it.
    public func check(_ path: String) throws(PhotoError) -> PhotoHeader {
        try file.read(path)
        defer { decoder.end() }
        let header = try decoder.begin(file.bytes, path: path)
        _ = try stored(header, eighths: 1, path: path)
        return header
    }

    /// Decodes the photo at `path`, upright.
    ///
    /// - Parameter covering: extents that the result does not fall below, unless the photo itself
    ///   does; the strongest reduction among 1/8, 1/4 and 1/2 that allows it is taken.
    ///   nil = full size.
    public func bitmap(
        _ path: String,
        covering: (width: Int, height: Int)? = nil
    ) throws(PhotoError) -> Bitmap {
        try file.read(path)
        defer { decoder.end() }
        let header = try decoder.begin(file.bytes, path: path)
        var eighths = 8
        if let covering {
            let (width, height) =
                header.orientation.transposed
                ? (covering.height, covering.width) : (covering.width, covering.height)
            eighths = Reduction.eighths(
                from: (Double(header.storedWidth), Double(header.storedHeight)),
                covering: (Double(width), Double(height))
            )
        }
        return try stored(header, eighths: eighths, path: path).turned(header.orientation)
    }

    /// Decodes the whole photo whose header was read last, as it is stored.
    private func stored(
        _ header: PhotoHeader,
        eighths: Int,
        path: String
    ) throws(PhotoError) -> Bitmap {
        let window = try decoder.start(
            eighths: eighths,
            left: 0,
            width: (header.storedWidth * eighths + 7) / 8,
            top: 0,
            path: path
        )
        var bitmap = Bitmap(width: window.width, height: window.fullHeight)
        let pitch = 3 * bitmap.width
        let height = bitmap.height
        try bitmap.pixels.withUnsafeMutableBufferPointer { pixels throws(PhotoError) in
            guard let base = pixels.baseAddress else { return }
            for y in 0..<height { try decoder.readRow(base + y * pitch, path: path) }
        }
        return bitmap
    }
}
