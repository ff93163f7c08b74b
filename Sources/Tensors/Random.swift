#if canImport(Glibc)
    import Glibc
#else
    import Foundation
#endif

/// Counter-based random numbers: Philox 4×32-10 (Salmon et al., "Parallel Random Numbers: As Easy
/// as 1, 2, 3", 2011).
///
/// The sequence is a function of (seed, purpose, a, b) alone. Whoever needs the numbers of sample
/// `b` in epoch `a` makes them on the spot, on any rank and in any thread.
public struct Random: RandomNumberGenerator, Sendable {
    /// What the numbers are for, so that two uses of the same seed never share a sequence.
    public enum Purpose: UInt64, Sendable {
        /// Initial weights; a = parameter.
        case initialisation = 1
        /// Order of photos; a = epoch.
        case shuffle
        /// Augmentation; a = epoch, b = sample.
        case augmentation
        /// Dropout; a = step and layer, b = position in the global batch.
        case dropout
        /// The built-in landmark renderer; a = landmark, b = photo.
        case rendering = 6
        /// Choice of photos to show.
        case display
        /// Tests.
        case test
        /// Photos of benchmarks; a = epoch, b = position in the global batch.
        case benchmark
        /// Choice of held-out photos that evaluations in the course of a run take.
        case sample
        /// Stochastic depth; a = step and layer, b = position in the global batch.
        case stochasticDepth
    }

    private let key: SIMD2<UInt32>
    private var counter: SIMD4<UInt32>
    private var block = SIMD4<UInt32>()
    private var used = 4

    /// Starts the sequence of (seed, purpose, a, b).
    public init(seed: UInt64, _ purpose: Purpose, _ a: UInt64 = 0, _ b: UInt64 = 0) {
        var mixed = Random.mix(seed &+ 0x9E37_79B9_7F4A_7C15)
        mixed = Random.mix(mixed ^ (purpose.rawValue &* 0xD1B5_4A32_D192_ED03))
        mixed = Random.mix(mixed ^ a)
        key = SIMD2(UInt32(truncatingIfNeeded: mixed), UInt32(truncatingIfNeeded: mixed >> 32))
        counter = SIMD4(0, 0, UInt32(truncatingIfNeeded: b), UInt32(truncatingIfNeeded: b >> 32))
    }

    /// The next 32 random bits.
    @inline(__always)
    public mutating func next32() -> UInt32 {
        if used == 4 {
            block = Random.philox(counter, key)
            counter[0] &+= 1
            if counter[0] == 0 { counter[1] &+= 1 }
            used = 0
        }
        defer { used += 1 }
        return block[used]
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        let low = UInt64(next32())
        return UInt64(next32()) << 32 | low
    }

    /// A float in [0, 1), a multiple of 2⁻²⁴.
    @inline(__always)
    public mutating func uniform() -> Float { Float(next32() >> 8) * 0x1p-24 }

    /// A float in [low, high).
    public mutating func uniform(_ low: Float, _ high: Float) -> Float {
        low + (high - low) * uniform()
    }

    /// A double in [0, 1), a multiple of 2⁻⁵³.
    public mutating func uniformDouble() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A whole number in 0 ..< bound, without bias (Lemire, 2019).
    public mutating func integer(below bound: Int) -> Int {
        precondition(bound > 0, "an empty range has no member")
        return Int(next(upperBound: UInt64(bound)))
    }

    /// A standard normal deviate (Box and Muller, 1958).
    public mutating func normal() -> Float {
        let radius = sqrt(-2 * log(1 - uniformDouble()))
        return Float(radius * cos(2 * Double.pi * uniformDouble()))
    }

    /// Shuffles `values` (Fisher and Yates).
    public mutating func shuffle<T>(_ values: inout [T]) {
        guard values.count > 1 else { return }
        for last in stride(from: values.count - 1, to: 0, by: -1) {
            values.swapAt(last, integer(below: last + 1))
        }
    }

    /// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// The Philox 4×32-10 bijection of `counter` under `key`.
    public static func philox(
        _ counter: SIMD4<UInt32>,
        _ key: SIMD2<UInt32>
    ) -> SIMD4<UInt32> {
        var x = counter
        var k = key
        for _ in 0..<10 {
            let first = UInt64(x[0]) &* 0xD251_1F53
            let second = UInt64(x[2]) &* 0xCD9E_8D57
            x = SIMD4(
                UInt32(truncatingIfNeeded: second >> 32) ^ x[1] ^ k[0],
                UInt32(truncatingIfNeeded: second),
                UInt32(truncatingIfNeeded: first >> 32) ^ x[3] ^ k[1],
                UInt32(truncatingIfNeeded: first)
            )
            k[0] &+= 0x9E37_79B9
            k[1] &+= 0xBB67_AE85
        }
        return x
    }
}
