import CVectorShim
import KernelTable

func add(_ to: MutableFloats, _ from: Floats, _ count: Int) {
    sweep(count) { i, n in store(load(to + i, n) + load(from + i, n), to + i, n) }
}

func sum(_ to: MutableFloats, _ a: Floats, _ b: Floats, _ count: Int) {
    sweep(count) { i, n in store(load(a + i, n) + load(b + i, n), to + i, n) }
}

func blend(_ average: MutableFloats, _ values: Floats, _ count: Int, _ decay: Float) {
    let old = Vector(repeating: decay)
    let new = Vector(repeating: 1 - decay)
    sweep(count) { i, n in
        store(old * load(average + i, n) + new * load(values + i, n), average + i, n)
    }
}

func sumOfSquares(_ x: Floats, _ count: Int) -> Double {
    var low = SIMD8<Double>()
    var high = SIMD8<Double>()
    sweep(count) { i, n in
        let v = load(x + i, n)
        let a = SIMD8<Double>(v.lowHalf)
        let b = SIMD8<Double>(v.highHalf)
        low += a * a
        high += b * b
    }
    let eight = low + high
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
}

func firstAbove(_ x: Floats, _ limits: Floats, _ start: Int, _ count: Int) -> Int {
    var i = start
    while i &+ lanes <= count {
        if vectorshim_any_above(x + i, limits + i) != 0 { break }
        i &+= lanes
    }
    while i < count, !(x[i] > limits[i]) { i &+= 1 }
    return i
}
