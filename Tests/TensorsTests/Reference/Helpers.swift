import Tensors
import Testing

/// Floats in [-1, 1) that depend on (seed, index) alone.
func noise(_ count: Int, seed: UInt64) -> Storage {
    var random = Random(seed: seed, .test)
    let storage = Storage(count: count)
    for i in 0..<count { storage.base[i] = random.uniform(-1, 1) }
    return storage
}

/// Root mean square of the difference, relative to the reference's.
func relativeError(_ values: UnsafeMutableBufferPointer<Float>, _ reference: [Double]) -> Double {
    var difference = 0.0
    var size = 0.0
    for (value, expected) in zip(values, reference) {
        difference += (Double(value) - expected) * (Double(value) - expected)
        size += expected * expected
    }
    guard values.count == reference.count else { return .infinity }
    return (difference / max(size, 1e-30)).squareRoot()
}

/// The bits of every float, so that equality is exact and NaN equals itself.
func bits(_ values: UnsafeMutableBufferPointer<Float>) -> [UInt32] { values.map(\.bitPattern) }

/// Pools of 1, 2 and 3 threads.
func pools(_ instructions: InstructionSet, blas: BLASEngine = .own) -> [ThreadPool] {
    [1, 2, 3].map { ThreadPool(threads: $0, instructions: instructions, blas: blas) }
}
