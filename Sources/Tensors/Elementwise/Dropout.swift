/// y = x with a share `rate` of the elements zeroed and the others divided by 1 − rate; the same
/// call on dy is the backward pass.
///
/// - Parameters:
///   - x: input, or dy.
///   - y: output, or dx; may be `x`.
///   - rate: share that is dropped, in [0, 1).
///   - seed: seed of the run.
///   - stepAndLayer: names the step and the layer, so that no two share a mask.
///   - firstPosition: position of image 0 in the global batch; image n has the mask of position
///     `firstPosition + n`, on whatever rank it is.
///   - pool: threads to share the images.
public func dropoutApply(
    _ x: Tensor,
    _ y: Tensor,
    rate: Float,
    seed: UInt64,
    stepAndLayer: UInt64,
    firstPosition: Int,
    _ pool: ThreadPool
) {
    let keep = 1 / (1 - rate)
    let size = x.shape.perImage
    pool.parallelFor(x.shape.N) { image, _ in
        var random = Random(seed: seed, .dropout, stepAndLayer, UInt64(firstPosition + image))
        let from = x.base + image * size
        let to = y.base + image * size
        for i in 0..<size { to[i] = random.uniform() < rate ? 0 : from[i] * keep }
    }
}
