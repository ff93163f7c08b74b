import KernelTable

/// A dy Aᵀ of the first channels of some tiles of one image of OH × OW × C.
func winogradGradient(
    _ dy: Floats,
    _ w: Window,
    _ tiles: Range<Int>,
    _ channels: Int,
    _ planes: WinogradKernels.Planes
) {
    transformTiles(
        dy,
        w.OH,
        w.OW,
        w.C,
        tiles,
        across: (w.OW &+ tileSide &- 1) / tileSide,
        side: tileSide,
        padding: 0,
        channels,
        planes
    ) { gradientPoints(readFour($0, $1)) }
}

@inline(__always)
private func readFour(_ p: Floats, _ stride: Int) -> Four {
    (read(p), read(p + stride), read(p + 2 &* stride), read(p + 3 &* stride))
}
