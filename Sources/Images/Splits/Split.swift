/// Which photos of a dataset are learned from and which are held out; indices ascend.
public struct Split: Sendable, Equatable {
    /// Photos to learn from.
    public var training: [UInt32] = []
    /// Photos held out.
    public var held: [UInt32] = []

    /// Holds out a share of the photos, but leaves each class one photo to learn from.
    ///
    /// Whether a photo is held out depends on the seed and the photo's identity alone, so that it does
    /// not move when the folder grows, is sorted anew or renamed; photos of one identity, which are
    /// copies, are on one side. Where all photos of a class would be held out, the one that came
    /// closest to being learned from is learned from, with its copies; where none of all would be
    /// held out, the one that came closest is.
    ///
    /// - Parameters:
    ///   - labels: the class of each photo; a photo of none is learned from.
    ///   - identities: what each photo is known by.
    ///   - share: the probability of being held out.
    /// - Throws: `ImagesError.usage` unless 0 ≤ `share` < 1.
    public init(
        labels: [Int32],
        identities: [ContentHash],
        classes: Int,
        share: Double,
        seed: UInt64
    ) throws {
        guard share >= 0, share < 1 else {
            throw ImagesError.usage(
                "the share held out is \(share); give 0 or more, and less than 1"
            )
        }
        guard share > 0 else {
            training = labels.indices.map { UInt32($0) }
            return
        }
        let lots = identities.map { $0.lot(seed: seed) }
        var largest = [Int](repeating: -1, count: classes)
        for photo in labels.indices where labels[photo] >= 0 {
            let label = Int(labels[photo])
            if largest[label] < 0 || lots[photo] > lots[largest[label]] { largest[label] = photo }
        }
        let kept = Set(
            largest.filter { $0 >= 0 && lots[$0] < share }.map { identities[$0] }
        )
        func mayBeHeld(_ photo: Int) -> Bool {
            labels[photo] >= 0 && (kept.isEmpty || !kept.contains(identities[photo]))
        }
        var isHeld = labels.indices.map { lots[$0] < share && mayBeHeld($0) }
        if !isHeld.contains(true) {
            // The photo that leaves its class first, of a class that has others.
            let others = Set(largest.filter { $0 >= 0 }.map { identities[$0] })
            let free = labels.indices.filter { mayBeHeld($0) && !others.contains(identities[$0]) }
            if let first = free.min(by: { lots[$0] < lots[$1] }) {
                for photo in free where identities[photo] == identities[first] {
                    isHeld[photo] = true
                }
            }
        }
        training.reserveCapacity(labels.count)
        for photo in labels.indices {
            if isHeld[photo] { held.append(UInt32(photo)) } else { training.append(UInt32(photo)) }
        }
    }
}
