public import Tensors

extension PhotoReader {
    /// How many decoded pixels, at least, stand behind an output pixel along each axis of a photo
    /// that is reduced in decoding.
    ///
    /// From 2 on, measured on camera photos, every outcome stays within 1/255 on average of
    /// resampling at full size; at 1.5 one in eight does not, and it is hardly faster.
    private static let oversampling = 2.0

    /// Makes the network's input from a photo.
    ///
    /// - Parameters:
    ///   - imageSize: side S of the square.
    ///   - augmentations: what happens to the photo, in this order.
    ///   - random: where the augmentations draw from.
    ///   - target: S × S × 3 floats, overwritten.
    public func sample(
        _ photo: PhotoBytes,
        imageSize: Int,
        augmentations: [any Augmentation],
        normalisation: Normalisation,
        random: Random,
        into target: UnsafeMutablePointer<Float>
    ) throws(PhotoError) {
        try read(photo) { header, decoder throws(PhotoError) in
            var plan = SamplePlan(
                photoWidth: header.width,
                photoHeight: header.height,
                imageSize: imageSize
            )
            var random = random
            for augmentation in augmentations { augmentation.apply(to: &plan, using: &random) }
            try carryOut(plan, header, decoder, normalisation, path: photo.name, into: target)
        }
    }

    /// Decodes what `plan` needs and writes the square.
    private func carryOut(
        _ plan: SamplePlan,
        _ header: PhotoHeader,
        _ decoder: any PhotoDecoder,
        _ normalisation: Normalisation,
        path: String,
        into target: UnsafeMutablePointer<Float>
    ) throws(PhotoError) {
        let size = plan.imageSize
        let scale = 1 / (255 * normalisation.deviation)
        let offset = -normalisation.mean / normalisation.deviation
        let writer = PixelWriter(
            target,
            size: size,
            orientation: header.orientation,
            flip: plan.flip,
            scale: plan.recolours ? .one : scale,
            offset: plan.recolours ? .zero : offset
        )
        try resample(plan, header, decoder, path: path, to: writer)
        if plan.recolours {
            Recolouring(plan).apply(to: target, count: size * size, scale: scale, offset: offset)
        }
        guard let erasing = plan.erasing else { return }
        for y in erasing.rows.clamped(to: 0..<size) {
            let columns = erasing.columns.clamped(to: 0..<size)
            (target + 3 * (y * size + columns.lowerBound))
                .update(repeating: 0, count: 3 * columns.count)
        }
    }

    private func resample(
        _ plan: SamplePlan,
        _ header: PhotoHeader,
        _ decoder: any PhotoDecoder,
        path: String,
        to writer: PixelWriter
    ) throws(PhotoError) {
        let stored = header.orientation.stored(
            plan.crop,
            width: header.width,
            height: header.height
        )
        var eighths = 8
        if plan.filter == .antialiased {
            let needed = Double(plan.imageSize) * PhotoReader.oversampling
            eighths = Reduction.eighths(
                of: decoder.reductions,
                from: (stored.width, stored.height),
                covering: (needed, needed)
            )
        }
        let share = Double(eighths) / 8
        let fullWidth = Reduction.extent(header.storedWidth, eighths: eighths)
        let fullHeight = Reduction.extent(header.storedHeight, eighths: eighths)
        let box = CropBox(
            x: stored.x * share,
            y: stored.y * share,
            width: stored.width * share,
            height: stored.height * share
        )
        let left = min(max(Int(box.x.rounded(.down)), 0), fullWidth - 1)
        let right = min(max(Int((box.x + box.width).rounded(.up)), left + 1), fullWidth)
        var job = Resampler.Job(
            box: box,
            columns: left..<right,
            height: fullHeight,
            outputWidth: plan.imageSize,
            outputHeight: plan.imageSize,
            filter: plan.filter
        )
        let rows = resampler.prepare(job)
        let window = try decoder.start(
            eighths: eighths,
            columns: left..<right,
            rows: rows,
            path: path
        )
        guard window.fullHeight == fullHeight, window.left <= left,
            window.left + window.width >= right
        else {
            throw .damaged(path: path, reason: "the decoder delivers other extents than planned")
        }
        job.columns = window.left..<window.left + window.width
        try resampler.run(
            job,
            read: { row throws(PhotoError) in try decoder.readRow(row, path: path) },
            write: writer.write
        )
    }
}
