public import CVectorShim
import Foundation
import KernelTable

/// Floats that one task handles: enough to outweigh the hand-over, few enough to share.
private let grain = 1 << 16

/// Writes `count` zeros.
public func fillZero(_ x: UnsafeMutablePointer<Float>, _ count: Int, _ pool: ThreadPool) {
    pool.parallelRanges(count, grain: grain) { range, _ in
        (x + range.lowerBound).update(repeating: 0, count: range.count)
    }
}

/// to = from, for `count` floats.
public func copyFloats(
    _ to: UnsafeMutablePointer<Float>,
    _ from: UnsafePointer<Float>,
    _ count: Int,
    _ pool: ThreadPool
) {
    pool.parallelRanges(count, grain: grain) { range, _ in
        (to + range.lowerBound).update(from: from + range.lowerBound, count: range.count)
    }
}

/// to += from, for `count` floats.
public func addFloats(
    _ to: UnsafeMutablePointer<Float>,
    _ from: UnsafePointer<Float>,
    _ count: Int,
    _ pool: ThreadPool
) {
    let flat = pool.kernels.flat
    pool.parallelRanges(count, grain: grain) { range, _ in
        flat.add(to + range.lowerBound, from + range.lowerBound, range.count)
    }
}

/// to = a + b, for `count` floats, on the calling thread.
public func sumFloats(
    _ to: UnsafeMutablePointer<Float>,
    _ a: UnsafePointer<Float>,
    _ b: UnsafePointer<Float>,
    _ count: Int
) {
    InstructionSet.current.kernels.flat.sum(to, a, b, count)
}

/// average = decay · average + (1 − decay) · values, for `count` floats, on the calling thread.
public func emaUpdate(
    _ average: UnsafeMutablePointer<Float>,
    _ values: UnsafePointer<Float>,
    _ count: Int,
    decay: Float
) {
    InstructionSet.current.kernels.flat.blend(average, values, count, decay)
}

/// Σ x² in double precision, on the calling thread and in an order fixed by `count`.
public func sumOfSquares(_ x: UnsafePointer<Float>, _ count: Int) -> Double {
    InstructionSet.current.kernels.flat.sumOfSquares(x, count)
}

/// √x, of which the compiler makes vectors where it stands in a loop.
@inlinable @inline(__always)
public func squareRoot(_ x: Float) -> Float { vectorshim_root(x) }

/// eˣ.
public func exponential(_ x: Double) -> Double { exp(x) }

/// The natural logarithm.
public func logarithm(_ x: Double) -> Double { log(x) }

/// Rows that one task sums, fixed so that the sums are.
private let blockRows = 1024

/// Floats of scratch that sums over channels take for gradients up to `shape` in `slices` slices.
public func channelSumsScratch(_ shape: Shape, slices: Int) -> Int {
    ((shape.pixels + blockRows - 1) / blockRows + 2 * slices) * shape.C
}

/// sums[c] = Σ dy over all pixels: in a slice block by block in order, the slices in their tree.
func channelSums(
    _ dy: Tensor,
    _ slices: Slices,
    _ sums: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>,
    _ pool: ThreadPool
) {
    let rows = pool.kernels.rows
    let C = dy.shape.C
    addChannels(dy, slices, sums, scratch: scratch, pool) { first, count, to in
        rows.sums(dy.base + first * C, count, C, to)
    }
}

/// The gradient behind a ReLU, in place, and that of the bias before it: dy = 0 where the output `y` is not
/// positive, sums[c] = Σ dy of what is left.
///
/// - Parameter scratch: `channelSumsScratch` floats.
public func reluBackward(
    y: Tensor,
    _ dy: Tensor,
    slices: Slices,
    sums: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>,
    _ pool: ThreadPool
) {
    precondition(y.shape == dy.shape, "a ReLU of \(y.shape) has the gradient \(dy.shape)")
    let rows = pool.kernels.rows
    let C = dy.shape.C
    addChannels(dy, slices, sums, scratch: scratch, pool) { first, count, to in
        rows.maskedSums(y.base + first * C, dy.base + first * C, count, C, to)
    }
}

/// The sums over all pixels of what `body` sums up over some rows of the batch.
private func addChannels(
    _ dy: Tensor,
    _ slices: Slices,
    _ sums: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>,
    _ pool: ThreadPool,
    _ body: (_ first: Int, _ rows: Int, _ to: UnsafeMutablePointer<Float>) -> Void
) {
    precondition(slices.total == dy.shape.N, "slices of \(slices.total) images of \(dy.shape.N)")
    let C = dy.shape.C
    let perImage = dy.shape.H * dy.shape.W
    let totals = scratch
    for (slice, images) in slices.images.enumerated() {
        let pixels = images.count * perImage
        let blocks = scratch + slices.count * C
        pool.parallelRanges(pixels, grain: blockRows) { range, _ in
            let first = images.lowerBound * perImage + range.lowerBound
            body(first, range.count, blocks + range.lowerBound / blockRows * C)
        }
        let total = totals + slice * C
        total.update(repeating: 0, count: C)
        for block in 0..<(pixels + blockRows - 1) / blockRows {
            pool.kernels.flat.add(total, blocks + block * C, C)
        }
    }
    sumSlices(totals, slices, width: C, into: sums)
}

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
    precondition(x.shape == y.shape, "dropout of \(x.shape) gives \(y.shape)")
    precondition((0..<1).contains(rate), "dropout drops a share of \(rate)")
    let keep = 1 / (1 - rate)
    let size = x.shape.perImage
    pool.parallelFor(x.shape.N) { image, _ in
        var random = Random(seed: seed, .dropout, stepAndLayer, UInt64(firstPosition + image))
        let from = x.base + image * size
        let to = y.base + image * size
        for i in 0..<size { to[i] = random.uniform() < rate ? 0 : from[i] * keep }
    }
}
