import KernelTable

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
