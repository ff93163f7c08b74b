import Tensors

/// What a camera adds to what it sees: exposure, blur, vignetting and grain.
struct Lens {
    private let exposure, contrast, saturation, vignette, blur, grain: Float
    private let cast: Vector

    init(_ light: Light, using random: inout Random) {
        exposure = exponential(random.bell() * 0.1)
        contrast = 1 + random.bell() * 0.08
        saturation = 1 + random.bell() * 0.12
        cast = Vector(random.bell(), random.bell(), random.bell()) * 0.02 + 1
        vignette = max(random.bell() * 0.12 + 0.1, 0)
        blur = max(random.uniform(-0.6, 0.8), 0)
        grain = light.weather == .night ? random.uniform(0.01, 0.03) : random.uniform(0, 0.012)
    }

    /// Develops the canvas into a picture.
    func develop(_ canvas: Canvas, using random: inout Random) -> Picture {
        let (width, height) = (canvas.width, canvas.height)
        let sharp = canvas.pixels()
        var pixels = [UInt8](repeating: 0, count: width * height * 3)
        for y in 0..<height {
            for x in 0..<width {
                var colour = sharp[y * width + x]
                if blur > 0 {
                    let (left, right) = (max(x - 1, 0), min(x + 1, width - 1))
                    let (above, below) = (max(y - 1, 0), min(y + 1, height - 1))
                    let around =
                        sharp[y * width + left] + sharp[y * width + right]
                        + sharp[above * width + x] + sharp[below * width + x]
                    colour = colour.mixed(around / 4, blur)
                }
                let u = Float(2 * x - width) / Float(width)
                let v = Float(2 * y - height) / Float(height)
                colour *= cast * (exposure * (1 - vignette * (u * u + v * v) / 2))
                colour = Vector(repeating: colour.luma).mixed(colour, saturation)
                colour = (colour - 0.5) * contrast + 0.5
                if grain > 0 {
                    // The sum of four uniform numbers is close enough to a bell.
                    let bits = random.next32()
                    let sum = (bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + bits >> 24
                    colour += (Float(sum) / 255 - 2) * 1.7 * grain
                }
                let bytes = (colour.clamped(lowerBound: .zero, upperBound: .one) * 255).rounded(
                    .toNearestOrEven
                )
                for channel in 0..<3 {
                    pixels[(y * width + x) * 3 + channel] = UInt8(bytes[channel])
                }
            }
        }
        return Picture(width: width, height: height, pixels: pixels)
    }
}
