import KernelTable

/// The factor of each image of a residual branch: 0 with probability `rate`, else 1 / (1 − rate) (Huang et al.,
/// "Deep Networks with Stochastic Depth", 2016).
///
/// It is a function of the seed, the step, the layer and the image's position in the global batch.
public struct StochasticDepthFactors: Sendable {
    private let rate: Float
    private let seed: UInt64
    private let stepAndLayer: UInt64
    private let firstPosition: Int

    /// The factors of a pass.
    ///
    /// - Parameters:
    ///   - rate: probability of 0, in [0, 1).
    ///   - seed: seed of the run.
    ///   - stepAndLayer: names the step and the layer, so that no two share their choice.
    ///   - firstPosition: position of image 0 in the global batch.
    public init(rate: Float, seed: UInt64, stepAndLayer: UInt64, firstPosition: Int) {
        precondition((0..<1).contains(rate), "stochastic depth drops a share of \(rate)")
        self.rate = rate
        self.seed = seed
        self.stepAndLayer = stepAndLayer
        self.firstPosition = firstPosition
    }

    /// The factor of image `image` of the pass.
    public subscript(image: Int) -> Float {
        var random = Random(
            seed: seed,
            .stochasticDepth,
            stepAndLayer,
            UInt64(firstPosition + image)
        )
        return random.uniform() < rate ? 0 : 1 / (1 - rate)
    }
}

/// y = factor of the image · γ · x + residual, in one pass; `y` may be `x`.
///
/// - Parameters:
///   - gamma: factor of each channel; nil = 1.
///   - factors: factor of each image; nil = 1. The branch of an image whose factor is 0 is not read.
public func scaleBranch(
    _ x: Tensor,
    gamma: UnsafePointer<Float>?,
    factors: StochasticDepthFactors?,
    residual: Tensor?,
    _ y: Tensor,
    _ pool: ThreadPool
) {
    precondition(
        y.shape == x.shape && residual?.shape ?? x.shape == x.shape,
        "a branch of \(x.shape) gives \(y.shape)"
    )
    let C = x.shape.C
    ImageBlocks(x.shape).forEach(images: x.shape.N, pool) { _, image, first, rows in
        let factor = factors?[image] ?? 1
        if factor == 0 {
            let to = y.base + first * C
            if let residual {
                to.update(from: residual.base + first * C, count: rows * C)
            } else {
                to.update(repeating: 0, count: rows * C)
            }
            return
        }
        withScales(C, gamma, factor) { scale, zeros in
            scaleRows(x, y, residual, first, rows, scale, zeros, pool)
        }
    }
}

/// Floats of scratch that `scaleBranchBackward` takes for maps of `shape` in `slices` slices.
public func scaleBranchScratch(_ shape: Shape, slices: Int) -> Int {
    (shape.N * ImageBlocks(shape).perImage + slices) * shape.C
}

/// The gradients of `scaleBranch` but the residual's, which is dy: dx = factor · γ · dy, if wanted, which may be `dy`,
/// and dγ[c] = Σ factor · dy · x, if there is a γ; in a slice block by block in order, the slices in their tree.
///
/// - Parameters:
///   - x: the branch of the forward pass; read if there is a γ alone.
///   - dgamma: overwritten, if there is a γ.
///   - scratch: `scaleBranchScratch` floats.
public func scaleBranchBackward(
    _ x: Tensor?,
    gamma: UnsafePointer<Float>?,
    factors: StochasticDepthFactors?,
    slices: Slices,
    _ dy: Tensor,
    _ dx: Tensor?,
    dgamma: UnsafeMutablePointer<Float>?,
    scratch: UnsafeMutablePointer<Float>,
    _ pool: ThreadPool
) {
    precondition(
        x?.shape ?? dy.shape == dy.shape && dx?.shape ?? dy.shape == dy.shape
            && slices.total == dy.shape.N,
        "a branch in slices \(slices.images) has a gradient of \(dy.shape)"
    )
    let C = dy.shape.C
    let blocks = ImageBlocks(dy.shape)
    let gradient = pool.kernels.channels.scaleGradient
    blocks.forEach(images: dy.shape.N, pool) { block, image, first, rows in
        let factor = factors?[image] ?? 1
        let to = dx.map { $0.base + first * C }
        let sums = scratch + block * C
        if factor == 0 {
            to?.update(repeating: 0, count: rows * C)
            sums.update(repeating: 0, count: C)
            return
        }
        withScales(C, gamma, factor) { scale, zeros in
            if let x, gamma != nil {
                gradient(x.base + first * C, dy.base + first * C, scale, rows, C, to, sums)
                for c in 0..<C { sums[c] *= factor }
            } else if let dx {
                scaleRows(dy, dx, nil, first, rows, scale, zeros, pool)
            }
        }
    }
    guard let dgamma, gamma != nil else { return }
    let ofSlice = slices.images.map {
        $0.lowerBound * blocks.perImage..<$0.upperBound * blocks.perImage
    }
    let totals = scratch + dy.shape.N * blocks.perImage * C
    addBlocks(scratch, width: C, ofSlice, into: totals, pool)
    sumSlices(totals, slices, width: C, into: dgamma)
}

/// Calls `body` with γ · factor of each channel, and as many zeros.
private func withScales(
    _ C: Int,
    _ gamma: UnsafePointer<Float>?,
    _ factor: Float,
    _ body: (_ scale: UnsafePointer<Float>, _ zeros: UnsafePointer<Float>) -> Void
) {
    withZeros(C) { zeros in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: max(C, 1)) { memory in
            guard let scale = memory.baseAddress else { return }
            for c in 0..<C { (scale + c).initialize(to: (gamma?[c] ?? 1) * factor) }
            body(scale, zeros)
        }
    }
}
