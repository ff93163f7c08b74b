/// How a photo as stored must be turned to stand upright (Exif 2.3, tag 0x0112).
///
/// Upright column u and row v come from stored column x and row y by swapping x and y first, where
/// `transposed`, and counting u from the other side, where `mirrorsColumns`, or v, where
/// `mirrorsRows`.
struct Orientation: Equatable {
    var transposed = false
    var mirrorsColumns = false
    var mirrorsRows = false

    static let upright = Orientation()

    /// The meaning of the tag's values 1…8; others count as upright.
    init(tag: Int) {
        switch tag {
        case 2: mirrorsColumns = true
        case 3: (mirrorsColumns, mirrorsRows) = (true, true)
        case 4: mirrorsRows = true
        case 5: transposed = true
        case 6: (transposed, mirrorsColumns) = (true, true)
        case 7: (transposed, mirrorsColumns, mirrorsRows) = (true, true, true)
        case 8: (transposed, mirrorsRows) = (true, true)
        default: break
        }
    }

    private init() {}

    /// The rectangle of the stored photo that shows `box` of the upright one of the given extents.
    func stored(_ box: CropBox, width: Int, height: Int) -> CropBox {
        var box = box
        if mirrorsColumns { box.x = Double(width) - box.x - box.width }
        if mirrorsRows { box.y = Double(height) - box.y - box.height }
        guard transposed else { return box }
        return CropBox(x: box.y, y: box.x, width: box.height, height: box.width)
    }
}
