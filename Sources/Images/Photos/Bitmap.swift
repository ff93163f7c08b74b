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
