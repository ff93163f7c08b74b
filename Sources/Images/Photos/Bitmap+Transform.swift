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
