import Tensors

/// What a loader's thread does with a photo: everything is a function of (seed, epoch, sample).
struct PhotoWorker: Sendable {
    let source: any PhotoSource
    let imageSize: Int
    let augmentations: [any Augmentation]
    let normalisation: Normalisation
    let seed: UInt64

    /// Reads photos until the workload is closed.
    func run(_ workload: Workload) {
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
        _ claim: Workload.Claim,
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
