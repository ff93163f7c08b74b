/// Rows, or columns, that one task handles.
private let blockRows = 64

/// The inverse W of the Cholesky factor of a symmetric, positive definite matrix A: W · A · Wᵀ = 1, so that
/// multiplication by W makes numbers of covariance A uncorrelated and of variance 1.
///
/// Sums are in double precision and in an order fixed by `order`.
///
/// - Parameters:
///   - matrix: A, [n][n], of which the lower triangle is read.
///   - order: n.
/// - Returns: W, [n][n], zero above the diagonal; nil where A is not positive definite.
public func inverseCholesky(_ matrix: [Double], order n: Int, _ pool: ThreadPool) -> [Double]? {
    precondition(matrix.count == n * n, "a square matrix")
    var factor = matrix
    let isPositive = factor.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return true }
        return factorise(base, n, pool)
    }
    guard isPositive else { return nil }
    var inverse = [Double](repeating: 0, count: n * n)
    factor.withUnsafeBufferPointer { factor in
        inverse.withUnsafeMutableBufferPointer { inverse in
            guard let L = factor.baseAddress, let W = inverse.baseAddress else { return }
            invert(L, W, n, pool)
        }
    }
    return inverse
}

/// Overwrites the lower triangle of A with that of L, column by column; false where A is not positive definite.
private func factorise(_ base: UnsafeMutablePointer<Double>, _ n: Int, _ pool: ThreadPool) -> Bool {
    nonisolated(unsafe) let L = base
    for column in 0..<n {
        nonisolated(unsafe) let own = L + column * n
        let pivot = own[column] - dot(own, own, column)
        guard pivot > 0, pivot.isFinite else { return false }
        let root = pivot.squareRoot()
        own[column] = root
        pool.parallelRanges(n - column - 1, grain: blockRows) { range, _ in
            for below in range {
                let row = L + (column + 1 + below) * n
                row[column] = (row[column] - dot(row, own, column)) / root
            }
        }
    }
    return true
}

/// Sets W to the inverse of the lower triangle L, some columns in each task.
private func invert(
    _ factor: UnsafePointer<Double>,
    _ inverse: UnsafeMutablePointer<Double>,
    _ n: Int,
    _ pool: ThreadPool
) {
    nonisolated(unsafe) let (L, W) = (factor, inverse)
    pool.parallelFor((n + blockRows - 1) / blockRows) { task, _ in
        let columns = task * blockRows..<min(n, (task + 1) * blockRows)
        for row in columns.lowerBound..<n {
            let to = W + (row * n + columns.lowerBound)
            if columns.contains(row) { to[row - columns.lowerBound] = 1 }
            for above in columns.lowerBound..<row {
                let from = W + (above * n + columns.lowerBound)
                subtract(from, times: L[row * n + above], from: to, columns.count)
            }
            let scale = 1 / L[row * n + row]
            for column in 0..<columns.count { to[column] *= scale }
        }
    }
}

@inline(__always)
private func load(_ place: UnsafePointer<Double>) -> SIMD8<Double> {
    UnsafeRawPointer(place).loadUnaligned(as: SIMD8<Double>.self)
}

private func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
    var (first, second) = (SIMD8<Double>.zero, SIMD8<Double>.zero)
    var place = 0
    while place + 16 <= count {
        first += load(a + place) * load(b + place)
        second += load(a + place + 8) * load(b + place + 8)
        place += 16
    }
    var sum = (first + second).sum()
    while place < count {
        sum += a[place] * b[place]
        place += 1
    }
    return sum
}

/// to −= scale · from.
private func subtract(
    _ from: UnsafePointer<Double>,
    times scale: Double,
    from to: UnsafeMutablePointer<Double>,
    _ count: Int
) {
    var place = 0
    while place + 8 <= count {
        let difference = load(to + place) - scale * load(from + place)
        UnsafeMutableRawPointer(to + place).storeBytes(of: difference, as: SIMD8<Double>.self)
        place += 8
    }
    while place < count {
        to[place] -= scale * from[place]
        place += 1
    }
}
