// Functions are types, for which loops are specialised: of closures, the compiler leaves larger ones as calls.

/// A function of each lane, and the gradient behind it.
protocol ElementMap {
    /// f(v).
    static func value(_ v: Vector) -> Vector
    /// g · f'(v), `v` being the argument of the function, or its result where its `gradientReadsResult` says so.
    static func gradient(_ v: Vector, _ g: Vector) -> Vector
}

/// v.
enum Identity: ElementMap {
    @inline(__always) static func value(_ v: Vector) -> Vector { v }
    @inline(__always) static func gradient(_ v: Vector, _ g: Vector) -> Vector { g }
}

/// ReLU; the gradient may be told the argument as well.
enum ReLU: ElementMap {
    @inline(__always) static func value(_ v: Vector) -> Vector {
        v.replacing(with: 0, where: v .< 0)
    }
    @inline(__always) static func gradient(_ v: Vector, _ g: Vector) -> Vector {
        Vector().replacing(with: g, where: v .> 0)
    }
}

/// ReLU6; the gradient may be told the argument as well.
enum ReLU6: ElementMap {
    @inline(__always) static func value(_ v: Vector) -> Vector {
        let low = ReLU.value(v)
        return low.replacing(with: 6, where: low .> 6)
    }
    @inline(__always) static func gradient(_ v: Vector, _ g: Vector) -> Vector {
        below(6, v, ReLU.gradient(v, g))
    }
}

/// SiLU.
enum SiLU: ElementMap {
    @inline(__always) static func value(_ v: Vector) -> Vector { inRegisters(v, silu) }
    @inline(__always) static func gradient(_ v: Vector, _ g: Vector) -> Vector {
        g * inRegisters(v, siluSlope)
    }
}

/// Hard-swish.
enum HardSwish: ElementMap {
    @inline(__always) static func value(_ v: Vector) -> Vector { inRegisters(v, hardSwish) }
    @inline(__always) static func gradient(_ v: Vector, _ g: Vector) -> Vector {
        g * inRegisters(v, hardSwishSlope)
    }
}

/// Hard-sigmoid.
enum HardSigmoid: ElementMap {
    @inline(__always) static func value(_ v: Vector) -> Vector { inRegisters(v, hardSigmoid) }
    @inline(__always) static func gradient(_ v: Vector, _ g: Vector) -> Vector {
        below(1, v, ReLU.gradient(v, g * (1 / 6)))
    }
}

/// Sigmoid.
enum Sigmoid: ElementMap {
    @inline(__always) static func value(_ v: Vector) -> Vector { inRegisters(v, sigmoid) }
    @inline(__always) static func gradient(_ v: Vector, _ g: Vector) -> Vector { g * (v * (1 - v)) }
}

/// GELU.
enum GELU: ElementMap {
    @inline(__always) static func value(_ v: Vector) -> Vector { inRegisters(v, gelu) }
    @inline(__always) static func gradient(_ v: Vector, _ g: Vector) -> Vector {
        g * inRegisters(v, geluSlope)
    }
}

/// g where v < limit, else 0.
///
/// Masks of two comparisons would be combined lane by lane.
@inline(__always)
private func below(_ limit: Float, _ v: Vector, _ g: Vector) -> Vector {
    Vector().replacing(with: g, where: v .< limit)
}
