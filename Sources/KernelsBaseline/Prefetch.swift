import CVectorShim
import KernelTable

// Panels and maps come from the last cache or memory, and a miss there takes as long as dozens of
// multiply-adds: what comes next is prefetched while the current part is computed.

/// Floats of a cache line.
let lineFloats = 16

/// Prefetches the lines of `count` floats that will be read.
@inline(__always)
func prefetch(_ p: Floats, _ count: Int) {
    var i = 0
    while i < count {
        vectorshim_prefetch(p + i)
        i &+= lineFloats
    }
}
