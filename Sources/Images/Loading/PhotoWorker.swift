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
            let failure = read(claim, &reader)
            workload.finish(claim, failure: failure)
        }
    }

    /// Fills the position of `claim`, with a blank where the photo cannot be used.
    private func read(_ claim: Workload.Claim, _ reader: inout PhotoReader?) -> SkippedPhoto? {
        let count = imageSize * imageSize * 3
        let target = claim.slot.storage.base + claim.position * count
        let photo = source.photo(claim.sample)
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
                    UInt64(claim.sample)
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
