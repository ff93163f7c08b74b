import Foundation
import Tensors

/// What a loader's threads and its consumer share: batches under way, oldest first.
///
/// Invariant behind `@unchecked Sendable`: every stored property is read and written under `lock`.
final class PrefetchQueue: @unchecked Sendable {
    /// Signalled when there are photos to claim, and when the threads are to end.
    private let work = NSCondition()
    private var underWay: [BatchSlot] = []
    private var threads = 0
    private var closing = false

    /// A photo that a thread has taken upon itself.
    struct Claim {
        let slot: BatchSlot
        let position: Int
        let sample: Int
        let epoch: Int
        let substitutes: BatchRequest.Substitutes?
    }

    /// Hands a filled-in slot to the threads.
    func post(_ slot: BatchSlot) {
        work.lock()
        slot.claimed = 0
        slot.remaining = slot.samples.count
        slot.failures.removeAll(keepingCapacity: true)
        underWay.append(slot)
        work.broadcast()
        work.unlock()
    }

    /// Waits for the oldest batch; nil after `close`, and where `leaves` comes to hold.
    func takeOldest(_ leaves: () -> Bool) -> BatchSlot? {
        work.lock()
        defer { work.unlock() }
        guard let slot = underWay.first else { return nil }
        while slot.remaining > 0, !closing, !leaves() {
            _ = work.wait(until: Date(timeIntervalSinceNow: 0.02))
        }
        guard slot.remaining == 0 else { return nil }
        underWay.removeFirst()
        return slot
    }

    /// Waits for a photo to read, the oldest batch first; nil when the thread is to end.
    func claim() -> Claim? {
        work.lock()
        defer { work.unlock() }
        while !closing {
            if let slot = underWay.first(where: { $0.claimed < $0.samples.count }) {
                let position = slot.claimed
                slot.claimed += 1
                return Claim(
                    slot: slot,
                    position: position,
                    sample: slot.samples[position],
                    epoch: slot.epoch,
                    substitutes: slot.substitutes
                )
            }
            work.wait()
        }
        return nil
    }

    /// Whether the threads are to end.
    var isClosing: Bool {
        work.lock()
        defer { work.unlock() }
        return closing
    }

    /// Reports a claimed photo as finished, with the photo that stands there now.
    func finish(_ claim: Claim, sample: Int, failure: BatchSlot.Failure?) {
        work.lock()
        claim.slot.samples[claim.position] = sample
        if let failure { claim.slot.failures.append(failure) }
        claim.slot.remaining -= 1
        if claim.slot.remaining == 0 { work.broadcast() }
        work.unlock()
    }

    /// Counts a thread that begins.
    func enter() {
        work.lock()
        threads += 1
        work.unlock()
    }

    /// Counts a thread that ends.
    func leave() {
        work.lock()
        threads -= 1
        work.broadcast()
        work.unlock()
    }

    /// Tells all threads to end after the photo at hand.
    func close() {
        work.lock()
        closing = true
        work.broadcast()
        work.unlock()
    }

    /// Waits until all threads have ended, which needs `close` first.
    func join() {
        work.lock()
        while threads > 0 { work.wait() }
        work.unlock()
    }
}

/// What a loader's thread does with a photo: everything is a function of (seed, epoch, sample).
struct PhotoWorker: Sendable {
    let source: any PhotoSource
    let imageSize: Int
    let augmentations: [any Augmentation]
    let normalisation: Normalisation
    let seed: UInt64

    /// Reads photos until the workload is closed.
    func run(_ workload: PrefetchQueue) {
        defer { workload.leave() }
        var reader: PhotoReader?
        while let claim = workload.claim() {
            var tried: [SkippedPhoto] = []
            var sample = claim.sample
            var isBlank = false
            while let failure = read(sample, claim, tried.count, &reader) {
                tried.append(failure)
                let next = claim.substitutes?.photo(claim.position, try: tried.count)
                guard let next, !workload.isClosing else {
                    isBlank = true
                    break
                }
                sample = next
            }
            workload.finish(
                claim,
                sample: isBlank ? claim.sample : sample,
                failure: tried.isEmpty
                    ? nil : .init(position: claim.position, photos: tried, isBlank: isBlank)
            )
        }
    }

    /// Fills the position of `claim` with the photo `sample`, with a blank where it cannot be used.
    ///
    /// - Parameter tries: photos tried for the position before; one that comes in the place of another is
    ///   not changed as it is at its own, where the same batch may hold it.
    private func read(
        _ sample: Int,
        _ claim: PrefetchQueue.Claim,
        _ tries: Int,
        _ reader: inout PhotoReader?
    ) -> SkippedPhoto? {
        let count = imageSize * imageSize * 3
        let target = claim.slot.storage.base + claim.position * count
        let photo = source.photo(sample)
        do throws(PhotoError) {
            if reader == nil { reader = try PhotoReader() }
            try reader?.sample(
                photo,
                imageSize: imageSize,
                augmentations: augmentations,
                normalisation: normalisation,
                random: Random(
                    seed: seed,
                    .augmentation,
                    UInt64(claim.epoch),
                    UInt64(sample) | UInt64(tries) << 40
                ),
                into: target
            )
            return nil
        } catch {
            target.update(repeating: 0, count: count)
            return SkippedPhoto(path: photo.name, reason: error.reason)
        }
    }
}
