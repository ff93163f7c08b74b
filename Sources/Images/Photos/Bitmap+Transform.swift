extension Bitmap {
    /// The bitmap brought to other extents with a triangle filter as wide as the reduction.
    public func resized(width: Int, height: Int) -> Bitmap {
        var result = Bitmap(width: width, height: height)
        guard !pixels.isEmpty, !result.pixels.isEmpty else { return result }
        let job = Resampler.Job(
            box: CropBox(x: 0, y: 0, width: Double(self.width), height: Double(self.height)),
            columns: 0..<self.width,
            height: self.height,
            outputWidth: result.width,
            outputHeight: result.height,
            filter: .antialiased
        )
        let resampler = Resampler()
        var next = resampler.prepare(job).lowerBound
        let pitch = 3 * self.width
        // Rows come from memory, so the only error of `run` cannot occur.
        try? resampler.run(
            job,
            read: { row throws(PhotoError) in
                for index in 0..<pitch { row[index] = pixels[next * pitch + index] }
                next += 1
            },
            write: { y, line in
                for x in 0..<result.width {
                    let value = (line[x] + 0.5).clamped(
                        lowerBound: .zero,
                        upperBound: SIMD4(repeating: 255)
                    )
                    result[x, y] = SIMD3(UInt8(value.x), UInt8(value.y), UInt8(value.z))
                }
            }
        )
        return result
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
