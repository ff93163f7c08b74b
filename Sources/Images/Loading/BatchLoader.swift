import Foundation
import Tensors

/// Prefetches batches of photos on threads of its own.
///
/// Batches come in the order of the requests, and their content depends on the seed, the epoch and
/// the sample alone. The loader is used from one thread; requests are drawn on it, in `next`.
public final class BatchLoader {
    private let workload = PrefetchQueue()
    private let worker: PhotoWorker
    private let maximumBatch: Int
    private var requests: AnyIterator<BatchRequest>
    private var free: [BatchSlot]
    private var posted = 0
    private var stopped = false

    /// Batches in memory where nothing else is said: one in use and two being read.
    public static let slots = 3

    /// Starts the threads; photos are read from the first call of `next` on.
    ///
    /// - Parameters:
    ///   - source: where the photos lie.
    ///   - requests: what to read; drawn only as slots become free.
    ///   - maximumBatch: most photos of a request.
    ///   - imageSize: side S of the square that photos become.
    ///   - augmentations: what happens to each photo, in this order.
    ///   - seed: what augmentations are drawn from, with epoch and sample.
    ///   - threads: how many read photos.
    ///   - slots: batches in memory: one in use and the others being read.
    public init(
        source: any PhotoSource,
        requests: some Sequence<BatchRequest>,
        maximumBatch: Int,
        imageSize: Int,
        augmentations: [any Augmentation],
        normalisation: Normalisation,
        seed: UInt64,
        threads: Int,
        slots: Int = BatchLoader.slots
    ) {
        self.maximumBatch = max(maximumBatch, 0)
        let imageSize = max(imageSize, 1)
        var iterator = requests.makeIterator()
        self.requests = AnyIterator { iterator.next() }
        let floats = self.maximumBatch * imageSize * imageSize * 3
        free = (0..<max(slots, 1)).map { _ in BatchSlot(count: floats) }
        worker = PhotoWorker(
            source: source,
            imageSize: imageSize,
            augmentations: augmentations,
            normalisation: normalisation,
            seed: seed
        )
        for index in 0..<max(threads, 1) {
            workload.enter()
            Shortage.startThread("photos-\(index)") { [worker, workload] in worker.run(workload)
            }
        }
    }

    deinit { workload.close() }

    /// Waits for the next batch.
    ///
    /// - Parameter leaves: polled while waiting; once it is true, the wait ends.
    /// - Returns: nil where the wait was given up; the same batch then comes next.
    ///
    /// Throws `PhotoError.loader` after the last request, after `stop`, for a request beyond
    /// `maximumBatch`, and when all slots are lent.
    public func next(unless leaves: () -> Bool) throws(PhotoError) -> LoadedBatch? {
        guard !stopped else { throw .loader(reason: "the photo loader was stopped") }
        while let slot = free.last, let request = requests.next() {
            guard request.samples.count <= maximumBatch else {
                throw .loader(
                    reason: "a batch of \(request.samples.count) photos was asked for where "
                        + "\(maximumBatch) is the most"
                )
            }
            free.removeLast()
            slot.samples = request.samples
            slot.epoch = request.epoch
            slot.substitutes = request.substitutes
            workload.post(slot)
            posted += 1
        }
        guard posted > 0 else {
            throw .loader(
                reason: free.isEmpty
                    ? "all batches are lent; release one before asking for the next"
                    : "there are no more batches"
            )
        }
        guard let slot = workload.takeOldest(leaves) else { return nil }
        posted -= 1
        slot.labels = slot.samples.map(worker.source.label)
        return LoadedBatch(slot, imageSize: worker.imageSize)
    }

    /// Waits for the next batch, however long; throws what `next(unless:)` throws.
    public func next() throws(PhotoError) -> LoadedBatch {
        guard let batch = try next(unless: { false }) else {
            throw .loader(reason: "the photo loader was stopped")
        }
        return batch
    }

    /// Gives a batch's memory back; its images must not be used afterwards.
    public func release(_ batch: LoadedBatch) {
        guard batch.isLent else { return }
        batch.isLent = false
        free.append(batch.slot)
    }

    /// Ends the threads and waits for them; `next` then throws.
    public func stop() {
        stopped = true
        workload.close()
        workload.join()
    }
}
