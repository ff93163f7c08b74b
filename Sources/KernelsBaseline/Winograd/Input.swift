import KernelTable

/// Bᵀ d B of the first channels of some tiles of one image.
func winogradInput(
    _ x: Floats,
    _ w: Window,
    _ tiles: Range<Int>,
    _ channels: Int,
    _ planes: WinogradKernels.Planes
) {
    transformTiles(
        x,
        w.H,
        w.W,
        w.C,
        tiles,
        across: (w.OW &+ tileSide &- 1) / tileSide,
        side: patchSide,
        padding: w.padding,
        channels,
        planes
    ) { inputPoints(readSix($0, $1)) }
}
