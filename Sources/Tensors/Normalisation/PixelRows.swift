import KernelTable

/// The loops of a normalisation over rows of pixels.
///
/// Where the channels of a pixel do not fill vectors, as in photos and in networks made for CPUs, or fill so few that sums in
/// cache would wait for themselves, some adjacent pixels are treated as one row with the values of each channel repeated;
/// left-over pixels are handled one by one.
struct PixelRows {
    let kernels: RowKernels
    /// Channels of a pixel.
    let C: Int
    /// Pixels of a wide row, a power of two.
    private let together: Int

    /// Lanes of a vector of the kernels.
    private static let lanes = 16
    /// Floats of a wide row, at least, but for photos.
    private static let rowFloats = 128
    /// Channels from which on the last vector of a pixel, which is not full, counts for little.
    private static let widest = 256

    /// The loops of `kernels` for pixels of `C` channels.
    init(kernels: RowKernels, C: Int) {
        self.kernels = kernels
        self.C = C
        var pixels = 1
        while C < Self.widest, pixels < Self.lanes,
            pixels * C % Self.lanes != 0 || pixels * C < Self.rowFloats
        {
            pixels *= 2
        }
        together = pixels
    }

    private var isNarrow: Bool { together > 1 }

    /// The mean of each channel and Σ (x − mean)².
    func moments(
        _ x: UnsafePointer<Float>,
        _ rows: Int,
        _ mean: UnsafeMutablePointer<Float>,
        _ squares: UnsafeMutablePointer<Float>
    ) {
        let (wide, width) = (rows / together, together * C)
        guard isNarrow, wide > 1 else {
            kernels.moments(x, rows, C, mean, squares)
            return
        }
        let rest = rows - wide * together
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * (width + C)) { memory in
            guard let means = memory.baseAddress else { return }
            let sums = means + (width + C)
            kernels.moments(x, wide, width, means, sums)
            if rest > 0 {
                kernels.moments(x + wide * width, rest, C, means + width, sums + width)
            }
            for c in 0..<C {
                var moments = Moments()
                for part in 0..<(rest > 0 ? together + 1 : together) {
                    let place = part * C + c
                    moments.add(
                        count: part < together ? wide : rest,
                        mean: means[place],
                        squares: sums[place]
                    )
                }
                mean[c] = Float(moments.mean)
                squares[c] = Float(moments.squares)
            }
        }
    }

    /// y = activation(scale · x + shift + residual).
    func normalise(_ k: RowKernels.Normalise, _ rows: Int) {
        inWideRows([k.scale, k.shift], rows) { values, wide, width in
            var k = k
            (k.scale, k.shift) = (values[0], values[1])
            kernels.normalise(k, wide, width)
        } rest: { first, rest in
            var k = k
            k.x += first * C
            k.y += first * C
            k.residual = k.residual.map { $0 + first * C }
            kernels.normalise(k, rest, C)
        }
    }

    /// Σ dy' and Σ dy' · (x − mean).
    func gradientSums(
        _ k: RowKernels.Gradient,
        _ rows: Int,
        _ sumDy: UnsafeMutablePointer<Float>,
        _ sumDyX: UnsafeMutablePointer<Float>
    ) {
        guard isNarrow else {
            kernels.gradientSums(k, rows, C, sumDy, sumDyX)
            return
        }
        let width = together * C
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * width) { memory in
            guard let sums = memory.baseAddress else { return }
            sums.update(repeating: 0, count: 2 * width)
            inWideRows(factors(k), rows) { values, wide, width in
                kernels.gradientSums(with(values, k), wide, width, sums, sums + width)
            } rest: { first, rest in
                kernels.gradientSums(advanced(k, by: first * C), rest, C, sumDy, sumDyX)
            }
            for c in 0..<C {
                for pixel in 0..<together {
                    sumDy[c] += sums[pixel * C + c]
                    sumDyX[c] += sums[width + pixel * C + c]
                }
            }
        }
    }

    /// dx and dresidual.
    func gradient(_ k: RowKernels.Gradient, _ rows: Int) {
        inWideRows(factors(k), rows) { values, wide, width in
            kernels.gradient(with(values, k), wide, width)
        } rest: { first, rest in
            kernels.gradient(advanced(k, by: first * C), rest, C)
        }
    }

    /// Calls `wide` for the wide rows, if there are any, with `values` repeated, then `rest` for the rows
    /// behind them, of which the first is `first`.
    private func inWideRows(
        _ values: [UnsafePointer<Float>],
        _ rows: Int,
        wide: (_ values: [UnsafePointer<Float>], _ rows: Int, _ width: Int) -> Void,
        rest: (_ first: Int, _ rows: Int) -> Void
    ) {
        let (count, width) = (isNarrow ? rows / together : 0, together * C)
        if count > 0 {
            withUnsafeTemporaryAllocation(of: Float.self, capacity: values.count * width) {
                memory in
                guard let memory = memory.baseAddress else { return }
                for (index, value) in values.enumerated() {
                    let to = memory + index * width
                    for pixel in 0..<together { (to + pixel * C).update(from: value, count: C) }
                }
                let repeated = values.indices.map { UnsafePointer(memory + $0 * width) }
                wide(repeated, count, width)
            }
        }
        rest(count * together, rows - count * together)
    }

    /// What belongs to each channel.
    private func factors(_ k: RowKernels.Gradient) -> [UnsafePointer<Float>] {
        [k.mean, k.a, k.b, k.c] + [k.scale, k.shift].compactMap { $0 }
    }

    /// The same loop with other `factors`.
    private func with(
        _ values: [UnsafePointer<Float>],
        _ k: RowKernels.Gradient
    ) -> RowKernels.Gradient {
        var k = k
        (k.mean, k.a, k.b, k.c) = (values[0], values[1], values[2], values[3])
        if values.count == 6 { (k.scale, k.shift) = (values[4], values[5]) }
        return k
    }

    /// The same loop `distance` floats further on in the maps.
    private func advanced(_ k: RowKernels.Gradient, by distance: Int) -> RowKernels.Gradient {
        var k = k
        k.x += distance
        k.y = k.y.map { $0 + distance }
        k.dy += distance
        k.dx += distance
        k.dresidual = k.dresidual.map { $0 + distance }
        k.passed = k.passed.map { $0 + distance }
        return k
    }
}
