import Foundation
import KernelTable

/// The spread of a figure over repetitions: seconds, or a rate.
public struct Timing: Codable, Sendable, Equatable {
    /// The smallest.
    public let minimum: Double
    /// The middle one, or the mean of the two in the middle.
    public let median: Double
    /// The largest.
    public let maximum: Double

    /// Sums up `values`, at least one.
    public init(_ values: [Double]) {
        precondition(!values.isEmpty, "a timing needs at least one repetition")
        let sorted = values.sorted()
        minimum = sorted[0]
        median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        maximum = sorted[sorted.count - 1]
    }

    private init(minimum: Double, median: Double, maximum: Double) {
        self.minimum = minimum
        self.median = median
        self.maximum = maximum
    }

    /// `amount` for each of these seconds: the rate is smallest where the time was largest.
    public func rate(of amount: Double) -> Timing {
        Timing(minimum: amount / maximum, median: amount / median, maximum: amount / minimum)
    }
}

/// Seconds that `body` takes.
public func measureSeconds<E: Error>(_ body: () throws(E) -> Void) throws(E) -> Double {
    let start = ContinuousClock.now
    try body()
    let parts = (ContinuousClock.now - start).components
    return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
}

/// Floating-point operations a second that the pool's threads reach together when nothing but
/// multiply-adds on registers is done, in the pool's instruction set.
///
/// The fastest of some repetitions of about 20 ms each: the limit that kernels are held against.
public func multiplierPeak(_ pool: ThreadPool, repetitions: Int = 8) -> Double {
    let kernel = pool.kernels.peak
    // The first also finds out how many rounds fill the time.
    var rounds = 1 << 20
    let trial = measureSeconds { _ = kernel.run(rounds, 0.5, 1) }
    rounds = max(Int(Double(rounds) * 0.02 / max(trial, 1e-6)), 1)
    let sums = Storage(count: pool.threads)
    let operations = Double(kernel.operations)
    let times = (0..<max(repetitions, 1)).map { _ in
        measureSeconds {
            pool.parallelFor(pool.threads) { task, _ in
                sums.base[task] = kernel.run(rounds, 0.5, 1)
            }
        }
    }
    return Double(pool.threads * rounds) * operations / (times.min() ?? .infinity)
}

/// Bytes a second that the pool's threads read and write together where they copy what no cache holds.
///
/// The fastest of some repetitions: the limit of kernels that compute little with what they read.
public func memoryBandwidth(_ pool: ThreadPool, repetitions: Int = 5) -> Double {
    let count = 1 << 25
    let (from, to) = (Storage(count: count), Storage(count: count))
    let times = (0...max(repetitions, 1)).map { _ in
        measureSeconds { copyFloats(to.base, from.base, count, pool) }
    }
    // The first visits the pages for the first time.
    let bytes = Double(2 * count * MemoryLayout<Float>.stride)
    return bytes / (times.dropFirst().min() ?? .infinity)
}

/// The most memory in bytes that this process has had resident since it began; 0 where the system
/// does not tell.
public func peakResidentBytes() -> Int {
    var usage = rusage()
    #if os(Linux)
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else {
            return 0
        }
        return usage.ru_maxrss * 1024
    #else
        return getrusage(RUSAGE_SELF, &usage) == 0 ? Int(usage.ru_maxrss) : 0
    #endif
}
