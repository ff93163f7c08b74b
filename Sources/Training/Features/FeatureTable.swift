import Distributed
import Images
import Tensors

/// What a frozen trunk makes of some photos, computed once: the head of a network reads it in their place.
///
/// The ranks of a node have it in common.
struct FeatureTable: Sendable {
    /// Photos.
    let count: Int
    /// Views of each photo, all of the first view before all of the second.
    let views: Int
    /// Shape of the features of one photo.
    let shape: Shape
    /// [views · count] features, zeros where a photo could not be read.
    let values: NodeStorage
    /// Why photos could not be read, by row.
    var failures: [Int: String] = [:]

    /// Where a photo's view stands.
    func row(_ photo: Int, view: Int) -> Int { view * count + photo }

    /// The features of a row.
    func features(_ row: Int) -> UnsafeMutablePointer<Float> {
        values.storage.base + row * shape.perImage
    }
}

/// Batches of features in the place of photos: epoch e has view e mod K of each photo.
///
/// A photo that could not be read gives its place to another as in `BatchLoader`.
final class FeatureLoader: BatchSource {
    private let table: FeatureTable
    private let source: any PhotoSource
    private let row: (Int) -> Int
    private var requests: AnyIterator<BatchRequest>
    private let batch: Storage

    /// Makes a loader; nothing is read, for all is in memory.
    ///
    /// - Parameters:
    ///   - source: the photos that requests count.
    ///   - places: for each of them its place in the table; nil = the same.
    ///   - maximumBatch: most photos of a request.
    init(
        _ table: FeatureTable,
        of source: any PhotoSource,
        places: [Int]? = nil,
        requests: some Sequence<BatchRequest>,
        maximumBatch: Int
    ) {
        self.table = table
        self.source = source
        if let places { row = { places[$0] } } else { row = { $0 } }
        var iterator = requests.makeIterator()
        self.requests = AnyIterator { iterator.next() }
        batch = Storage(count: maximumBatch * table.shape.perImage)
    }

    func next(unless leaves: () -> Bool) throws(PhotoError) -> LoadedBatch? {
        guard let request = requests.next() else {
            throw .loader(reason: "there are no more batches")
        }
        let view = request.epoch % table.views
        let width = table.shape.perImage
        var labels: [Int32] = []
        var failures: [LoadedBatch.Failure] = []
        for (position, photo) in request.samples.enumerated() {
            var (sample, isBlank) = (photo, false)
            var tried: [SkippedPhoto] = []
            while let reason = table.failures[table.row(row(sample), view: view)] {
                tried.append(SkippedPhoto(path: source.photo(sample).name, reason: reason))
                guard let next = request.substitutes?.photo(position, try: tried.count) else {
                    isBlank = true
                    break
                }
                sample = next
            }
            if isBlank { sample = photo }
            if !tried.isEmpty {
                failures.append(.init(position: position, photos: tried, isBlank: isBlank))
            }
            labels.append(source.label(sample))
            (batch.base + position * width).update(
                from: table.features(table.row(row(sample), view: view)),
                count: width
            )
        }
        return LoadedBatch(images: batch, of: table.shape, labels: labels, failures: failures)
    }

    func release(_ batch: LoadedBatch) {}

    func stop() {}
}
