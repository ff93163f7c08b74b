public import Tensors

/// How fast photos become the network's input: decoding, random crop, flip, resampling and
/// normalisation, as in training.
public struct DecodeBenchmark: Codable, Sendable {
    /// Photos read in each repetition.
    public let photos: Int
    /// Mean size of a file in bytes.
    public let bytes: Int
    /// Mean extents of a photo in pixels.
    public let width: Int
    /// Mean extents of a photo in pixels.
    public let height: Int
    /// Side of the square that they become.
    public let imageSize: Int
    /// Threads at work.
    public let threads: Int
    /// Photos a second, over all threads.
    public let imagesPerSecond: Timing
    /// Photos a second and thread.
    public let imagesPerSecondAndThread: Timing

    /// Reads the photos `paths` again and again, each time with other crops.
    ///
    /// - Parameters:
    ///   - paths: at least one.
    ///   - imageSize: side of the square.
    ///   - repetitions: at least 1, after one that does not count.
    /// - Throws: what is wrong with the first photo that cannot be used.
    public init(
        _ paths: [String],
        imageSize: Int,
        repetitions: Int,
        pool: ThreadPool
    ) throws(PhotoError) {
        guard !paths.isEmpty else { throw .loader(reason: "there are no photos to read") }
        let bench = try DecodeBench(paths, imageSize: imageSize, pool)
        var times: [Double] = []
        for epoch in 0...max(repetitions, 1) {
            times.append(try measureSeconds { () throws(PhotoError) in try bench.run(epoch) })
        }
        let headers = bench.headers
        photos = paths.count
        bytes = headers.reduce(0) { $0 + $1.bytes } / paths.count
        width = headers.reduce(0) { $0 + $1.width } / paths.count
        height = headers.reduce(0) { $0 + $1.height } / paths.count
        self.imageSize = imageSize
        threads = pool.threads
        let timing = Timing(Array(times.dropFirst()))
        imagesPerSecond = timing.rate(of: Double(paths.count))
        imagesPerSecondAndThread = timing.rate(of: Double(paths.count) / Double(pool.threads))
    }
}

/// A reader and a square for each thread.
private final class DecodeBench {
    let headers: [PhotoHeader]
    private let paths: [String]
    private let imageSize: Int
    private let pool: ThreadPool
    private let readers: [PhotoReader]
    private let squares: [Storage]
    private let augmentations: [any Augmentation] = [
        // torchvision's defaults.
        RandomResizedCrop(scale: 0.08...1), HorizontalFlip(probability: 0.5),
    ]

    init(_ paths: [String], imageSize: Int, _ pool: ThreadPool) throws(PhotoError) {
        self.paths = paths
        self.imageSize = imageSize
        self.pool = pool
        var readers: [PhotoReader] = []
        for _ in 0..<pool.threads { readers.append(try PhotoReader()) }
        var headers: [PhotoHeader] = []
        for path in paths { headers.append(try readers[0].header(path)) }
        self.headers = headers
        self.readers = readers
        squares = readers.map { _ in Storage(count: imageSize * imageSize * 3) }
    }

    /// Reads every photo once.
    func run(_ epoch: Int) throws(PhotoError) {
        var failures = [PhotoError?](repeating: nil, count: paths.count)
        failures.withUnsafeMutableBufferPointer { failures in
            pool.parallelFor(paths.count) { photo, worker in
                do throws(PhotoError) {
                    try readers[worker].sample(
                        PhotoBytes(path: paths[photo]),
                        imageSize: imageSize,
                        augmentations: augmentations,
                        normalisation: .imageNet,
                        random: Random(seed: 1, .benchmark, UInt64(epoch), UInt64(photo)),
                        into: squares[worker].base
                    )
                } catch {
                    failures[photo] = error
                }
            }
        }
        if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
    }
}
