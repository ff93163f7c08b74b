// Mathematical libraries differ between machines in the last bit. What decides an update is
// therefore computed with the four operations alone, whose results are the same everywhere.

/// `base` to a whole power that is not negative.
func power(_ base: Double, _ exponent: Int) -> Double {
    var result = 1.0
    var square = base
    var rest = max(exponent, 0)
    while rest > 0 {
        if rest & 1 == 1 { result *= square }
        square *= square
        rest >>= 1
    }
    return result
}

/// cos(π · x) for x from 0 to 1, by its power series.
func cosine(halfTurns x: Double) -> Double {
    guard x <= 0.5 else { return -cosine(halfTurns: 1 - x) }
    let angle = Double.pi * x
    let square = angle * angle
    var sum = 1.0
    for term in stride(from: 20, through: 2, by: -2) {
        sum = 1 - square * sum / Double(term * (term - 1))
    }
    return sum
}
