public import Tensors

/// Reads photos in one thread, one after the other, with scratch that is used again.
public final class PhotoReader {
    private var file = FileBuffer()
    private let jpeg: JPEGDecoder
    private var png: PNGDecoder?
    private var webp: WebPDecoder?
    private var row = Scratch<UInt8>()
    let resampler = Resampler()

    /// Makes a reader.
    public init() throws(PhotoError) { jpeg = try JPEGDecoder() }

    /// Reads the header of the photo at `path`.
    public func header(_ path: String) throws(PhotoError) -> PhotoHeader {
        try read(PhotoBytes(path: path)) { header, _ in header }
    }

    /// Decodes all of the photo at `path`, at the smallest size, and throws what is wrong with it.
    public func check(_ path: String) throws(PhotoError) -> PhotoHeader {
        try read(PhotoBytes(path: path)) { header, decoder throws(PhotoError) in
            let eighths = decoder.reductions.first ?? 8
            let window = try begin(header, decoder, eighths: eighths, path: path)
            let row = row.reserve(3 * window.width)
            for _ in 0..<window.fullHeight { try decoder.readRow(row, path: path) }
            return header
        }
    }

    /// Decodes the photo at `path`, upright.
    ///
    /// - Parameter covering: extents that the result does not fall below, unless the photo itself
    ///   does; the strongest reduction that allows it is taken: 1/8, 1/4 or 1/2 of a JPEG, a whole part
    ///   of others. nil = full size.
    public func bitmap(
        _ path: String,
        covering: (width: Int, height: Int)? = nil
    ) throws(PhotoError) -> Bitmap {
        try bitmap(PhotoBytes(path: path), covering: covering)
    }

    /// The same of a photo that may be at hand.
    public func bitmap(
        _ photo: PhotoBytes,
        covering: (width: Int, height: Int)? = nil
    ) throws(PhotoError) -> Bitmap {
        let path = photo.name
        return try read(photo) { header, decoder throws(PhotoError) in
            guard let covering else {
                return try stored(header, decoder, eighths: 8, path: path)
                    .turned(header.orientation)
            }
            let (width, height) =
                header.orientation.transposed
                ? (covering.height, covering.width) : (covering.width, covering.height)
            let part = min(header.storedWidth / max(width, 1), header.storedHeight / max(height, 1))
            if decoder.reductions.isEmpty, part > 1 {
                return try resampled(header, decoder, part: part, path: path)
                    .turned(header.orientation)
            }
            let eighths = Reduction.eighths(
                of: decoder.reductions,
                from: (Double(header.storedWidth), Double(header.storedHeight)),
                covering: (Double(width), Double(height))
            )
            return try stored(header, decoder, eighths: eighths, path: path)
                .turned(header.orientation)
        }
    }

    /// Reads a photo's bytes and hands its header and what decodes it to `use`.
    func read<T>(
        _ photo: PhotoBytes,
        _ use: (PhotoHeader, any PhotoDecoder) throws(PhotoError) -> T
    ) throws(PhotoError) -> T {
        try file.read(photo)
        let decoder = try decoder(photo.name)
        defer { decoder.end() }
        return try use(try decoder.begin(file.bytes, path: photo.name), decoder)
    }

    /// What decodes the bytes read last, by their content.
    private func decoder(_ path: String) throws(PhotoError) -> any PhotoDecoder {
        switch PhotoKind(file.bytes) {
        case .jpeg: return jpeg
        case .png:
            if let png { return png }
            let decoder = try PNGDecoder(path: path)
            png = decoder
            return decoder
        case .webp:
            if let webp { return webp }
            let decoder = try WebPDecoder(path: path)
            webp = decoder
            return decoder
        case .unread(let reason), .noPhoto(let reason):
            throw .unsupported(path: path, reason: reason)
        }
    }

    /// Begins to decode the whole photo whose header was read last.
    private func begin(
        _ header: PhotoHeader,
        _ decoder: any PhotoDecoder,
        eighths: Int,
        path: String
    ) throws(PhotoError) -> PhotoWindow {
        try decoder.start(
            eighths: eighths,
            columns: 0..<Reduction.extent(header.storedWidth, eighths: eighths),
            rows: 0..<Reduction.extent(header.storedHeight, eighths: eighths),
            path: path
        )
    }

    /// Decodes the whole photo whose header was read last, as it is stored.
    private func stored(
        _ header: PhotoHeader,
        _ decoder: any PhotoDecoder,
        eighths: Int,
        path: String
    ) throws(PhotoError) -> Bitmap {
        let window = try begin(header, decoder, eighths: eighths, path: path)
        var bitmap = Bitmap(width: window.width, height: window.fullHeight)
        let pitch = 3 * bitmap.width
        let height = bitmap.height
        try bitmap.pixels.withUnsafeMutableBufferPointer { pixels throws(PhotoError) in
            guard let base = pixels.baseAddress else { return }
            for y in 0..<height { try decoder.readRow(base + y * pitch, path: path) }
        }
        return bitmap
    }

    /// Decodes the whole photo whose header was read last to one `part`-th of its extents, as it is
    /// stored, without ever holding it at full size here.
    private func resampled(
        _ header: PhotoHeader,
        _ decoder: any PhotoDecoder,
        part: Int,
        path: String
    ) throws(PhotoError) -> Bitmap {
        let window = try begin(header, decoder, eighths: 8, path: path)
        return try Bitmap(
            width: header.storedWidth / part,
            height: header.storedHeight / part,
            of: (window.fullWidth, window.fullHeight),
            with: resampler,
            read: { row throws(PhotoError) in try decoder.readRow(row, path: path) }
        )
    }
}

extension PhotoReader {
    /// How many decoded pixels, at least, stand behind an output pixel along each axis of a photo
    /// that is reduced in decoding.
    ///
    /// From 2 on, measured on camera photos, every outcome stays within 1/255 on average of
    /// resampling at full size; at 1.5 one in eight does not, and it is hardly faster.
    private static let oversampling = 2.0

    /// What `augmentations` make of a photo, of which the header alone is read.
    public func plan(
        _ photo: PhotoBytes,
        imageSize: Int,
        augmentations: [any Augmentation],
        random: Random
    ) throws(PhotoError) -> SamplePlan {
        try read(photo) { header, _ in
            SamplePlan(header, imageSize: imageSize, augmentations, random)
        }
    }

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
            let plan = SamplePlan(header, imageSize: imageSize, augmentations, random)
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

extension SamplePlan {
    /// What `augmentations`, in this order, make of a photo.
    fileprivate init(
        _ header: PhotoHeader,
        imageSize: Int,
        _ augmentations: [any Augmentation],
        _ random: Random
    ) {
        self.init(photoWidth: header.width, photoHeight: header.height, imageSize: imageSize)
        var random = random
        for augmentation in augmentations { augmentation.apply(to: &self, using: &random) }
    }
}

/// Sizes at which libjpeg can decode fast, by leaving out high frequencies.
enum Reduction {
    /// The first of `reductions`, in eighths of the full size and the strongest first, whose result
    /// is at least `covering` along both axes; full size where there is none.
    static func eighths(
        of reductions: [Int],
        from size: (width: Double, height: Double),
        covering: (width: Double, height: Double)
    ) -> Int {
        for eighths in reductions {
            let share = Double(eighths) / 8
            if size.width * share >= covering.width, size.height * share >= covering.height {
                return eighths
            }
        }
        return 8
    }

    /// Pixels of a reduced photo along an axis of which the photo itself has `full`.
    static func extent(_ full: Int, eighths: Int) -> Int { (full * eighths + 7) / 8 }
}
