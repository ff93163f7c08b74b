import KernelTable

/// A batch norm with its activation that the layer behind applies to what it reads, a few rows at a time, so that the
/// normalised map is never written.
///
/// Forward, the norm leaves its scales and shifts behind the map that it would normalise. Backward, the layer behind has
/// the map's rows and their gradient in cache and takes the sums there that the norm's own backward begins with: one
/// pass less over both. Sums go over fixed groups of rows, which are combined in order and in double precision.
public struct DeferredNorm {
    private let activation: Activation
    private let C: Int
    private let pixelsPerImage: Int
    private let slices: Slices
    /// For each slice the scale, the shift and the mean of each channel, then Σ dy' and Σ dy' · (x − mean).
    private let base: UnsafeMutablePointer<Float>

    /// Floats of each channel of a slice.
    private static let floats = 5

    /// Floats behind a map.
    ///
    /// - Parameter slices: the most slices of a pass.
    public static func count(channels: Int, slices: Int) -> Int { floats * slices * channels }

    /// Where they begin behind a map of `count` floats: on a cache line.
    public static func offset(_ count: Int) -> Int { (count + 15) / 16 * 16 }

    /// A norm whose floats begin at `base`.
    ///
    /// - Parameters:
    ///   - activation: one that `followsNorms`.
    ///   - shape: of the map.
    ///   - slices: of the pass.
    public init(
        _ activation: Activation,
        _ shape: Shape,
        _ slices: Slices,
        base: UnsafeMutablePointer<Float>
    ) {
        self.activation = activation
        self.slices = slices
        self.base = base
        C = shape.C
        pixelsPerImage = shape.H * shape.W
    }

    private func slice(_ number: Int) -> UnsafeMutablePointer<Float> {
        base + number * Self.floats * C
    }

    /// The scale of each channel of a slice, then the shift of each, then the mean of each.
    func factors(_ number: Int) -> UnsafeMutablePointer<Float> { slice(number) }

    /// Σ dy' of each channel of a slice, then Σ dy' · (x − mean).
    func sums(_ number: Int) -> UnsafeMutablePointer<Float> { slice(number) + 3 * C }

    /// Distance from the factors of a slice to those of the next.
    var distance: Int { Self.floats * C }

    private func number(ofImage image: Int) -> Int {
        guard let slice = slices.images.firstIndex(where: { $0.contains(image) }) else {
            preconditionFailure("image \(image) of no slice")
        }
        return slice
    }

    /// What the norm and its activation make of some pixels of the batch, all of one image.
    func normalise(
        _ x: Tensor,
        _ pixels: Range<Int>,
        into y: UnsafeMutablePointer<Float>,
        _ kernels: RowKernels
    ) {
        let factors = factors(number(ofImage: pixels.lowerBound / pixelsPerImage))
        let arguments = RowKernels.Normalise(
            x: x.base + pixels.lowerBound * C,
            residual: nil,
            y: y,
            scale: factors,
            shift: factors + C,
            activation: activation.function,
            streams: false
        )
        PixelRows(kernels: kernels, C: C).normalise(arguments, pixels.count)
    }

    /// Overwrites `sums` with Σ dy' of each channel over some pixels, all of one slice, then Σ dy' · (x − mean).
    ///
    /// - Parameter dy: the gradient of what the norm and its activation give, of the same pixels.
    func takeSums(
        _ x: Tensor,
        _ dy: Tensor,
        _ pixels: Range<Int>,
        into sums: UnsafeMutablePointer<Float>,
        _ kernels: RowKernels
    ) {
        let own = factors(number(ofImage: pixels.lowerBound / pixelsPerImage))
        let start = pixels.lowerBound * C
        let arguments = RowKernels.Gradient(
            x: x.base + start,
            activation: activation.function,
            y: nil,
            scale: activation == .none ? nil : UnsafePointer(own),
            shift: activation == .none ? nil : UnsafePointer(own + C),
            dy: dy.base + start,
            mean: own + 2 * C,
            a: own,
            b: own,
            c: own,
            dx: dy.base + start,
            dresidual: nil
        )
        PixelRows(kernels: kernels, C: C)
            .gradientSums(arguments, pixels.count, sums, sums + C)
    }

    /// Combines the sums of groups of rows, [groups][2C], in order, for the slice `number`.
    func combine(
        _ groups: UnsafePointer<Float>,
        count: Int,
        slice number: Int,
        _ pool: ThreadPool
    ) {
        let (to, width) = (sums(number), 2 * C)
        pool.parallelRanges(width, grain: 64) { columns, _ in
            for column in columns {
                var sum = 0.0
                for group in 0..<count { sum += Double(groups[group * width + column]) }
                to[column] = Float(sum)
            }
        }
    }
}
