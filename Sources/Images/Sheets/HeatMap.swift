/// Values of a grid of places on a part of a photo, to be drawn on it.
public struct HeatMap: Codable, Sendable, Equatable {
    /// Rows and columns of the grid.
    public var rows, columns: Int
    /// The values, row by row; what is not positive is not drawn.
    public var values: [Float]
    /// The part of the upright photo that the grid covers, in its pixels.
    public var crop: CropBox
    /// Extents of the upright photo.
    public var photoWidth, photoHeight: Int

    /// Lays a grid of values over the part of a photo that `plan` cuts.
    public init(rows: Int, columns: Int, values: [Float], on plan: SamplePlan) {
        precondition(values.count == rows * columns, "a grid has a value for each place")
        (self.rows, self.columns, self.values) = (rows, columns, values)
        crop = plan.crop
        (photoWidth, photoHeight) = (plan.photoWidth, plan.photoHeight)
    }

    /// Whether any value is positive.
    public var isSeen: Bool { values.contains { $0 > 0 } }

    /// The photo, in any size, with the values on it.
    ///
    /// The largest is yellow, smaller ones are red and then violet, and less opaque. What lies outside of the grid
    /// is darkened.
    public func drawn(on photo: Bitmap) -> Bitmap {
        var drawn = photo
        let largest = max(values.max() ?? 0, .leastNonzeroMagnitude)
        let across = (0..<photo.width).map { x in
            Place(pixel: x, of: photo.width, photoWidth, crop.x, crop.width, columns)
        }
        for y in 0..<photo.height {
            let down = Place(pixel: y, of: photo.height, photoHeight, crop.y, crop.height, rows)
            for (x, across) in across.enumerated() {
                guard down.isInside, across.isInside else {
                    drawn[x, y] = mixed(drawn[x, y], SIMD3(20, 20, 24), 0.6)
                    continue
                }
                let value = value(down, across) / largest
                let heat = min(max(value, 0), 1)
                drawn[x, y] = mixed(drawn[x, y], HeatMap.colour(heat), 0.7 * heat)
            }
        }
        return drawn
    }

    /// Where a pixel's centre lies along an axis of the grid.
    private struct Place {
        /// Whether the grid covers it.
        let isInside: Bool
        /// The places whose centres lie before and behind.
        let before, behind: Int
        /// The share of the one behind.
        let share: Float

        /// - Parameters:
        ///   - pixel: its number, of `count` along the axis of the bitmap.
        ///   - extent: of the photo.
        ///   - start: of the grid, in pixels of the photo.
        ///   - length: of the grid, likewise.
        ///   - places: of the grid.
        init(
            pixel: Int,
            of count: Int,
            _ extent: Int,
            _ start: Double,
            _ length: Double,
            _ places: Int
        ) {
            let position = (Double(pixel) + 0.5) * Double(extent) / Double(max(count, 1))
            let along = (position - start) / length
            isInside = (0...1).contains(along)
            let inGrid = min(max(along * Double(places) - 0.5, 0), Double(places - 1))
            before = Int(inGrid)
            behind = min(before + 1, places - 1)
            // Flat at the centres, so that no edges show there.
            let t = inGrid - Double(before)
            share = Float(t * t * (3 - 2 * t))
        }
    }

    /// The value between the four places around.
    private func value(_ down: Place, _ across: Place) -> Float {
        func row(_ number: Int) -> Float {
            let (a, b) = (
                values[number * columns + across.before], values[number * columns + across.behind]
            )
            return a + (b - a) * across.share
        }
        let (above, below) = (row(down.before), row(down.behind))
        return above + (below - above) * down.share
    }

    /// Colours of shares from 0 to 1, at even distances.
    private static let colours: [SIMD3<Float>] = [
        SIMD3(60, 20, 140), SIMD3(150, 20, 150), SIMD3(225, 45, 80), SIMD3(250, 130, 20),
        SIMD3(255, 225, 40),
    ]

    private static func colour(_ share: Float) -> SIMD3<UInt8> {
        let place = share * Float(colours.count - 1)
        let before = min(Int(place), colours.count - 2)
        let colour =
            colours[before] + (colours[before + 1] - colours[before]) * (place - Float(before))
        return SIMD3(UInt8(colour.x), UInt8(colour.y), UInt8(colour.z))
    }

    private func mixed(_ a: SIMD3<UInt8>, _ b: SIMD3<UInt8>, _ share: Float) -> SIMD3<UInt8> {
        var mixed = SIMD3<UInt8>()
        for channel in 0..<3 {
            let (a, b) = (Float(a[channel]), Float(b[channel]))
            mixed[channel] = UInt8(a + (b - a) * share + 0.5)
        }
        return mixed
    }
}
