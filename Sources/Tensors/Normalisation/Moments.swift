/// Mean and Σ (x − mean)² of values that come in parts (Chan, Golub and LeVeque, 1979).
struct Moments {
    private var count = 0.0
    private(set) var mean = 0.0
    private(set) var squares = 0.0

    /// Takes in `count` values of a mean and Σ (x − mean)² of their own.
    mutating func add(count size: Int, mean other: Float, squares more: Float) {
        let size = Double(size)
        let delta = Double(other) - mean
        let total = count + size
        mean += delta * size / total
        squares += Double(more) + delta * delta * count * size / total
        count = total
    }

    /// Σ (x − mean)² over the count; 0 where there is none.
    var variance: Double { squares / max(count, 1) }
}
