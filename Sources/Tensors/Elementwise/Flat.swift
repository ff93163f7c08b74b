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
    InstructionSet.currentKernels.flat.sum(to, a, b, count)
}

/// average = decay · average + (1 − decay) · values, for `count` floats, on the calling thread.
public func emaUpdate(
    _ average: UnsafeMutablePointer<Float>,
    _ values: UnsafePointer<Float>,
    _ count: Int,
    decay: Float
) {
    InstructionSet.currentKernels.flat.blend(average, values, count, decay)
}

/// Σ x² in double precision, on the calling thread and in an order fixed by `count`.
public func sumOfSquares(_ x: UnsafePointer<Float>, _ count: Int) -> Double {
    InstructionSet.currentKernels.flat.sumOfSquares(x, count)
}

/// √x, of which the compiler makes vectors where it stands in a loop.
@inlinable @inline(__always)
public func squareRoot(_ x: Float) -> Float { vectorshim_root(x) }

/// eˣ.
public func exponential(_ x: Double) -> Double { exp(x) }

/// The natural logarithm.
public func logarithm(_ x: Double) -> Double { log(x) }
