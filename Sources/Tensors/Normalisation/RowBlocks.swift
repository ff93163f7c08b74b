/// The rows of all slices of a batch of maps, cut into fixed blocks, so that sums over blocks are fixed too.
struct RowBlocks {
    /// The slice of each block and its rows in the batch.
    private(set) var blocks: [(slice: Int, rows: Range<Int>)] = []
    /// The blocks of each slice.
    private(set) var ofSlice: [Range<Int>] = []

    /// Cuts the pixels of `slices` into blocks of at most `size` rows.
    init(_ slices: Slices, pixelsPerImage: Int, size: Int) {
        for (slice, images) in slices.images.enumerated() {
            let first = blocks.count
            let end = images.upperBound * pixelsPerImage
            for row in stride(from: images.lowerBound * pixelsPerImage, to: end, by: size) {
                blocks.append((slice, row..<min(row + size, end)))
            }
            ofSlice.append(first..<blocks.count)
        }
    }

    /// Rows of a slice.
    func rows(_ slice: Int) -> Int { blocks[ofSlice[slice]].reduce(0) { $0 + $1.rows.count } }
}
