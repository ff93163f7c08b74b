import Tensors

/// Which photos of a dataset are learned from and which are held out; indices ascend.
public struct Split: Sendable, Equatable {
    /// Photos to learn from.
    public var training: [UInt32] = []
    /// Photos held out.
    public var held: [UInt32] = []

    /// Holds out a share of the photos of each class, but leaves each class one photo to learn from.
    ///
    /// What is held out of a class depends on the seed, its landmark id and its own photos alone.
    /// Of n photos, n·share are held out, rounded up or down at random so that the share holds
    /// over many small classes.
    ///
    /// - Throws: `ImagesError.usage` unless 0 ≤ `share` < 1.
    public init(
        labels: [Int32],
        classes: ClassIndex,
        share: Double,
        seed: UInt64
    ) throws {
        guard share >= 0, share < 1 else {
            throw ImagesError.usage(
                "the share held out is \(share); give 0 or more, and less than 1"
            )
        }
        var isHeld = [Bool](repeating: false, count: labels.count)
        var photos = PhotosByClass(labels, classes: classes.count)
        for label in 0..<classes.count where share > 0 {
            var random = Random(seed: seed, .split, UInt64(bitPattern: classes.ids[label]))
            let exact = share * Double(photos[label].count)
            let rounded = Int(exact + random.uniformDouble())
            let count = min(rounded, photos[label].count - 1)
            guard count > 0 else { continue }
            photos.shuffle(label, using: &random)
            for photo in photos[label].prefix(count) { isHeld[Int(photo)] = true }
        }
        training.reserveCapacity(labels.count)
        for photo in labels.indices {
            if isHeld[photo] { held.append(UInt32(photo)) } else { training.append(UInt32(photo)) }
        }
    }
}

/// Photos in the order of their labels; those without a label are left out.
struct PhotosByClass {
    private var photos: [UInt32]
    private var starts: [Int]

    init(_ labels: [Int32], classes: Int) {
        starts = [0]
        for count in PhotoList.count(labels, classes: classes) {
            starts.append((starts.last ?? 0) + count)
        }
        photos = [UInt32](repeating: 0, count: starts.last ?? 0)
        var next = starts
        for (photo, label) in labels.enumerated() where label >= 0 {
            photos[next[Int(label)]] = UInt32(photo)
            next[Int(label)] += 1
        }
    }

    subscript(label: Int) -> ArraySlice<UInt32> { photos[starts[label]..<starts[label + 1]] }

    mutating func shuffle(_ label: Int, using random: inout Random) {
        var own = Array(self[label])
        random.shuffle(&own)
        photos.replaceSubrange(starts[label]..<starts[label + 1], with: own)
    }
}
