import CVectorShim

/// Floats that elementwise code outside of the kernels handles at once; the compiler makes registers of any
/// width of them.
public typealias Lanes = SIMD16<Float>

/// Calls `body(index, floats)` for 0 ..< count in steps of sixteen; only the last may be short.
@inlinable @inline(__always)
public func forEachLanes(_ count: Int, _ body: (_ index: Int, _ floats: Int) -> Void) {
    // Called in one place, for a body that is called in two becomes a function of its own.
    var index = 0
    while index < count {
        body(index, min(16, count &- index))
        index &+= 16
    }
}

/// The first `floats` floats from `from`, zeros behind them.
@inlinable @inline(__always)
public func loadLanes(_ from: UnsafePointer<Float>, _ floats: Int) -> Lanes {
    if floats == 16 { return UnsafeRawPointer(from).loadUnaligned(as: Lanes.self) }
    var lanes = Lanes()
    for lane in 0..<floats { lanes[lane] = from[lane] }
    return lanes
}

/// Writes the first `floats` lanes to `to`.
@inlinable @inline(__always)
public func storeLanes(_ lanes: Lanes, _ to: UnsafeMutablePointer<Float>, _ floats: Int) {
    if floats == 16 {
        UnsafeMutableRawPointer(to).storeBytes(of: lanes, as: Lanes.self)
    } else {
        for lane in 0..<floats { to[lane] = lanes[lane] }
    }
}

/// The square root of each lane.
public func squareRoots(_ lanes: Lanes) -> Lanes {
    var lanes = lanes
    withUnsafeMutableBytes(of: &lanes) {
        if let floats = $0.baseAddress?.assumingMemoryBound(to: Float.self) {
            vectorshim_roots(floats)
        }
    }
    return lanes
}
