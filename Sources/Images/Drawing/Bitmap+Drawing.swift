extension Bitmap {
    /// Fills a rectangle; what lies outside is left out.
    public mutating func fill(
        x: Int,
        y: Int,
        width: Int,
        height: Int,
        _ colour: SIMD3<UInt8>
    ) {
        for row in max(y, 0)..<max(min(y + height, self.height), max(y, 0)) {
            for column in max(x, 0)..<max(min(x + width, self.width), max(x, 0)) {
                self[column, row] = colour
            }
        }
    }

    /// Draws the edge of a rectangle, `thickness` pixels wide, inside of it.
    public mutating func frame(
        x: Int,
        y: Int,
        width: Int,
        height: Int,
        thickness: Int = 1,
        _ colour: SIMD3<UInt8>
    ) {
        fill(x: x, y: y, width: width, height: thickness, colour)
        fill(x: x, y: y + height - thickness, width: width, height: thickness, colour)
        fill(x: x, y: y, width: thickness, height: height, colour)
        fill(x: x + width - thickness, y: y, width: thickness, height: height, colour)
    }

    /// Copies another bitmap to (x, y); what lies outside is left out.
    public mutating func place(_ other: Bitmap, x: Int, y: Int) {
        for row in max(-y, 0)..<max(min(other.height, height - y), max(-y, 0)) {
            for column in max(-x, 0)..<max(min(other.width, width - x), max(-x, 0)) {
                self[x + column, y + row] = other[column, row]
            }
        }
    }

    /// Mixes `colour` into a pixel inside the bitmap, `share` = 0 … 1.
    mutating func blend(_ x: Int, _ y: Int, _ colour: SIMD3<UInt8>, _ share: Float) {
        let old = SIMD3<Float>(self[x, y])
        let mixed = old + (SIMD3<Float>(colour) - old) * share
        self[x, y] = SIMD3<UInt8>(mixed.rounded(.toNearestOrEven))
    }
}
