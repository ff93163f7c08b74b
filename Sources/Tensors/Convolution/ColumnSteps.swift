/// The steps that a convolution as a matrix product is computed in, and how they are cut.
extension ColumnConvolution {
    /// Some output pixels, contiguous in the batch.
    struct Step {
        var images: Range<Int>
        var rows: Range<Int>
        /// The number of the rows among those of an image.
        var band: Int
        /// Position of the first pixel in the batch, and their number.
        var first, count: Int

        /// All of its pixels.
        var pixels: Range<Int> { first..<first + count }

        /// The pixels of its image `index`, in the batch.
        func pixels(_ index: Int) -> Range<Int> {
            let perImage = count / images.count
            return first + index * perImage..<first + (index + 1) * perImage
        }
    }

    /// Steps of an image, or of several that share one.
    var bands: Int { (geometry.output.H + bandRows - 1) / bandRows }

    /// Number of steps of `images` images.
    func steps(_ images: Int) -> Int { (images + stepImages - 1) / stepImages * bands }

    /// Number of steps of the first `group` of `groups` groups of `N` images.
    func steps(before group: Int, of groups: Int, _ N: Int) -> Int {
        (0..<group).reduce(0) { $0 + steps(($1 + 1) * N / groups - $1 * N / groups) }
    }

    /// Number of steps of `images` images in at most `groups` groups, at most.
    func steps(_ images: Int, groups: Int) -> Int { steps(images) + groups * bands }

    /// Step `index` of `images`.
    func step(_ index: Int, of images: Range<Int>) -> Step {
        let (block, band) = index.quotientAndRemainder(dividingBy: bands)
        let (H, W) = (geometry.output.H, geometry.output.W)
        let from = images.lowerBound + block * stepImages
        let to = min(images.upperBound, from + stepImages)
        let rows = band * bandRows..<min(H, (band + 1) * bandRows)
        return Step(
            images: from..<to,
            rows: rows,
            band: band,
            first: (from * H + rows.lowerBound) * W,
            count: to - from > 1 ? (to - from) * H * W : rows.count * W
        )
    }

    /// Steps of some rows of an image.
    func steps(_ rows: Range<Int>, ofImage image: Int) -> [Step] {
        let (H, W) = (geometry.output.H, geometry.output.W)
        return stride(from: rows.lowerBound, to: rows.upperBound, by: bandRows).map { first in
            let rows = first..<min(first + bandRows, rows.upperBound)
            return Step(
                images: image..<image + 1,
                rows: rows,
                band: first / bandRows,
                first: (image * H + first) * W,
                count: rows.count * W
            )
        }
    }

    // MARK: Parts of steps

    /// How a step can be cut.
    enum Cut {
        /// Between the rows of GEMM's tiles.
        case pixels
        /// Between images.
        case images
        /// Between the rows of an image.
        case rows
    }

    /// Moments belong to whole bands of an image, and norms and gates are applied image by image.
    func cut(isPlain: Bool, notes: Bool) -> Cut {
        if geometry.isPointwise, isPlain, !notes { return .pixels }
        return notes || stepImages > 1 ? .images : .rows
    }

    /// Parts that a step can be cut into.
    func finestParts(_ cut: Cut) -> Int {
        let tiles = bandRows * geometry.output.W * stepImages / Self.fewestRows
        switch cut {
        case .pixels: return tiles
        case .images: return min(tiles, stepImages)
        case .rows: return min(tiles, bandRows)
        }
    }

    /// What a task computes of a step.
    func part(_ task: TaperedTasks.Task, _ step: Step, _ cut: Cut) -> Step {
        guard task.parts > 1 else { return step }
        let (H, W) = (geometry.output.H, geometry.output.W)
        var part = step
        switch cut {
        case .pixels:
            let (height, end) = (Self.tileRows, step.pixels.upperBound)
            let tiles = task.share(of: 0..<(step.count + height - 1) / height)
            part.first = step.first + tiles.lowerBound * height
            part.count = min(end, step.first + tiles.upperBound * height) - part.first
        case .images:
            part.images = task.share(of: step.images)
            part.first = part.images.lowerBound * H * W
            part.count = part.images.count * H * W
        case .rows:
            part.rows = task.share(of: step.rows)
            part.first = step.first + (part.rows.lowerBound - step.rows.lowerBound) * W
            part.count = part.rows.count * W
        }
        return part
    }

    /// The pixels of a step, cut into parts of single images where a norm or a gate is applied to them first.
    func parts(_ step: Step, isPlain: Bool) -> [Range<Int>] {
        guard geometry.isPointwise, !isPlain else { return [step.pixels] }
        let fitting = Self.appliedFloats / geometry.taps / Self.fewestRows * Self.fewestRows
        let rows = max(Self.fewestRows, fitting)
        return step.images.indices.flatMap { image in
            let pixels = step.pixels(image - step.images.lowerBound)
            return stride(from: pixels.lowerBound, to: pixels.upperBound, by: rows).map {
                $0..<min($0 + rows, pixels.upperBound)
            }
        }
    }
}
