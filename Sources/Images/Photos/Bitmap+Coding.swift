import CJPEGShim

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
