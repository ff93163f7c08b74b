import KernelTable

/// What a convolution reads: maps as they are, maps that a norm is still to be applied to, or maps whose channels a gate is
/// still to scale.
///
/// The gate is the end of a squeeze-and-excitation, [N, 1, 1, C]; the scaled maps are never written, and backward takes the
/// gradient of the gate from rows that are in cache.
struct ConvolutionInput {
    let maps: Tensor
    var norm: DeferredNorm?
    var gate: ChannelGate?

    /// Whether the maps are read as they are.
    var isPlain: Bool { norm == nil && gate == nil }

    /// The maps' floats of some pixels.
    func floats(_ pixels: Range<Int>) -> UnsafeBufferPointer<Float> { maps.pixels(pixels) }

    /// Some pixels of the batch, all of one image: in place, or normalised or scaled in `buffer`.
    func pixels(
        _ range: Range<Int>,
        _ buffer: UnsafeMutablePointer<Float>,
        _ kernels: KernelTable
    ) -> UnsafePointer<Float> {
        if let norm {
            norm.normalise(maps, range, into: buffer, kernels.rows)
        } else if let gate {
            gate.scale(maps, range, into: buffer, kernels.rows)
        } else {
            return UnsafePointer(maps.base + range.lowerBound * maps.shape.C)
        }
        return UnsafePointer(buffer)
    }
}

/// A factor for each image and channel, [N, 1, 1, C], and where its gradient goes.
public struct ChannelGate {
    private let factors: Tensor
    private let gradient: Tensor?

    /// A gate; `gradient` is nil forward, and where nobody needs it.
    public init(_ factors: Tensor, gradient: Tensor? = nil) {
        self.factors = factors
        self.gradient = gradient
    }

    private func factors(ofPixel pixel: Int, _ shape: Shape) -> UnsafePointer<Float> {
        UnsafePointer(factors.base + pixel / (shape.H * shape.W) * shape.C)
    }

    /// y = gate · x of some pixels of the batch, all of one image.
    fileprivate func scale(
        _ x: Tensor,
        _ pixels: Range<Int>,
        into y: UnsafeMutablePointer<Float>,
        _ kernels: RowKernels
    ) {
        let C = x.shape.C
        withZeros(C) { zeros in
            let arguments = RowKernels.Normalise(
                x: x.base + pixels.lowerBound * C,
                residual: nil,
                y: y,
                scale: factors(ofPixel: pixels.lowerBound, x.shape),
                shift: zeros,
                activation: .none,
                streams: false
            )
            PixelRows(kernels: kernels, C: C).normalise(arguments, pixels.count)
        }
    }

    /// Overwrites the gradient of the scaled maps in `dx` with that of x, over some pixels of the batch, all of one image, and
    /// `sums` with what they add to the gate's.
    func takeGradient(
        _ x: Tensor,
        _ dx: Tensor,
        _ pixels: Range<Int>,
        into sums: UnsafeMutablePointer<Float>,
        _ kernels: ChannelKernels
    ) {
        let start = pixels.lowerBound * x.shape.C
        kernels.scaleGradient(
            x.base + start,
            dx.base + start,
            factors(ofPixel: pixels.lowerBound, x.shape),
            pixels.count,
            x.shape.C,
            dx.base + start,
            sums
        )
    }

    /// The gate's gradient of some images from the sums of their bands, [image][band][C], in order.
    func combine(_ sums: UnsafePointer<Float>, images: Range<Int>, bands: Int, _ flat: FlatKernels)
    {
        guard let gradient else { return }
        let C = gradient.shape.C
        for (index, image) in images.enumerated() {
            let (to, own) = (gradient.base + image * C, sums + index * bands * C)
            to.update(from: own, count: C)
            for band in 1..<max(bands, 1) { flat.add(to, own + band * C, C) }
        }
    }
}
