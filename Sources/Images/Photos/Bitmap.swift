import CJPEGShim

/// Pixels in memory: RGB, 8 bits a channel, rows from the top without padding.
public struct Bitmap: Sendable, Equatable {
    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int
    /// `height` × `width` × 3 bytes.
    public var pixels: [UInt8]

    /// Makes a bitmap of one colour.
    public init(width: Int, height: Int, fill: SIMD3<UInt8> = .zero) {
        self.width = max(width, 0)
        self.height = max(height, 0)
        pixels = [UInt8](repeating: 0, count: self.width * self.height * 3)
        guard fill != .zero else { return }
        for index in pixels.indices { pixels[index] = fill[index % 3] }
    }

    /// The pixel in column `x` of row `y`, which must lie inside.
    public subscript(x: Int, y: Int) -> SIMD3<UInt8> {
        get {
            let at = (y * width + x) * 3
            return SIMD3(pixels[at], pixels[at + 1], pixels[at + 2])
        }
        set {
            let at = (y * width + x) * 3
            pixels[at] = newValue.x
            pixels[at + 1] = newValue.y
            pixels[at + 2] = newValue.z
        }
    }
}

extension Bitmap {
    /// The bitmap brought to other extents with a triangle filter as wide as the reduction.
    public func resized(width: Int, height: Int) -> Bitmap {
        guard !pixels.isEmpty, width > 0, height > 0 else {
            return Bitmap(width: width, height: height)
        }
        let pitch = 3 * self.width
        var next = 0
        // Rows come from memory, so the only error cannot occur.
        let result = try? Bitmap(
            width: width,
            height: height,
            of: (self.width, self.height),
            with: Resampler(),
            read: { row throws(PhotoError) in
                for index in 0..<pitch { row[index] = pixels[next * pitch + index] }
                next += 1
            }
        )
        return result ?? Bitmap(width: width, height: height)
    }

    /// Makes a bitmap of at least one pixel by resampling a whole photo.
    ///
    /// - Parameters:
    ///   - extents: columns and rows of the photo.
    ///   - read: writes the photo's next row, all its columns, from the first row on.
    init(
        width: Int,
        height: Int,
        of extents: (width: Int, height: Int),
        with resampler: Resampler,
        read: (UnsafeMutablePointer<UInt8>) throws(PhotoError) -> Void
    ) throws(PhotoError) {
        self.init(width: width, height: height)
        let job = Resampler.Job(
            box: CropBox(
                x: 0,
                y: 0,
                width: Double(extents.width),
                height: Double(extents.height)
            ),
            columns: 0..<extents.width,
            height: extents.height,
            outputWidth: width,
            outputHeight: height,
            filter: .antialiased
        )
        _ = resampler.prepare(job)
        try resampler.run(
            job,
            read: read,
            write: { y, line in
                for x in 0..<width {
                    let value = (line[x] + 0.5).clamped(
                        lowerBound: .zero,
                        upperBound: SIMD4(repeating: 255)
                    )
                    self[x, y] = SIMD3(UInt8(value.x), UInt8(value.y), UInt8(value.z))
                }
            }
        )
    }

    /// The stored bitmap, upright.
    func turned(_ orientation: Orientation) -> Bitmap {
        guard orientation != .upright else { return self }
        let turned = orientation.transposed
        var result = Bitmap(width: turned ? height : width, height: turned ? width : height)
        for y in 0..<height {
            for x in 0..<width {
                let u = turned ? y : x
                let v = turned ? x : y
                let column = orientation.mirrorsColumns ? result.width - 1 - u : u
                let row = orientation.mirrorsRows ? result.height - 1 - v : v
                result[column, row] = self[x, y]
            }
        }
        return result
    }
}

/// Decodes the photo at `path`, upright; see ``PhotoReader/bitmap(_:covering:)``.
public func decodePhoto(
    path: String,
    covering: (width: Int, height: Int)? = nil
) throws(PhotoError) -> Bitmap {
    try PhotoReader().bitmap(path, covering: covering)
}

/// Encodes a bitmap as a baseline JPEG.
///
/// - Parameter quality: 1…100; from 90 on chroma keeps its full resolution.
public func encodeJPEG(_ bitmap: Bitmap, quality: Int) throws(PhotoError) -> [UInt8] {
    let (width, height) = (bitmap.width, bitmap.height)
    guard (1...65_500).contains(width), (1...65_500).contains(height),
        bitmap.pixels.count == width * height * 3
    else {
        throw .encoding(reason: "a JPEG has 1…65500 pixels a side, not \(width)×\(height)")
    }
    // Six bytes a pixel are more than any block can take, headers apart.
    let bound = ((width + 15) & ~15) * ((height + 15) & ~15) * 6 + 4096
    var message = [CChar](repeating: 0, count: 256)
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: bound) { buffer, used in
        used = 0
        failed =
            jpegshim_encode(
                bitmap.pixels,
                Int32(width),
                Int32(height),
                Int32(min(max(quality, 1), 100)),
                buffer.baseAddress,
                buffer.count,
                &used,
                &message,
                message.count
            ) != 0
    }
    guard !failed else {
        let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        throw .encoding(reason: "cannot encode a JPEG: " + String(decoding: text, as: UTF8.self))
    }
    return bytes
}
