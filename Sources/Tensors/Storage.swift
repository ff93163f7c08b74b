import Foundation

/// Floats that are owned: zeroed at birth, aligned to a cache line, freed with the object.
///
/// The memory is the storage's own, or that of an `owner` which it keeps alive.
///
/// `@unchecked Sendable`: the object only fixes where the memory lies. Who may write which range at
/// what time is settled by its users (parallel loops write disjoint ranges).
public final class Storage: @unchecked Sendable {
    /// The first float, aligned to 64 bytes.
    public let base: UnsafeMutablePointer<Float>
    /// Number of floats.
    public let count: Int
    /// What frees the memory in its end; nil = the storage itself.
    public let owner: (any AnyObject & Sendable)?

    /// Allocates `count` zeros; the program ends by `Shortage` where the system refuses them.
    public init(count: Int) {
        precondition(count >= 0, "a storage has no negative size")
        self.count = count
        owner = nil
        let raw = Shortage.memory(
            max(count, 16) * MemoryLayout<Float>.stride,
            alignment: Storage.alignment(forFloats: count)
        )
        #if os(Linux)
            // Transforms visit dozens of pages in turn, more than a processor's table of small pages holds.
            // A kernel that cannot is no reason to stop.
            if count >= Self.largeArea {
                _ = madvise(raw, count * MemoryLayout<Float>.stride, MADV_HUGEPAGE)
            }
        #endif
        base = raw.bindMemory(to: Float.self, capacity: max(count, 16))
        base.initialize(repeating: 0, count: max(count, 16))
    }

    /// Allocates and copies `values`.
    public convenience init(_ values: [Float]) {
        self.init(count: values.count)
        for (index, value) in values.enumerated() { base[index] = value }
    }

    /// The `count` floats at `base`, aligned to a cache line, which are good as long as `owner` is.
    public init(_ base: UnsafeMutablePointer<Float>, count: Int, owner: any AnyObject & Sendable) {
        precondition(count >= 0, "a storage has no negative size")
        self.base = base
        self.count = count
        self.owner = owner
    }

    deinit { if owner == nil { free(base) } }

    /// All floats as a buffer.
    public var buffer: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: base, count: count)
    }

    /// The floats of `range`.
    public func slice(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside storage")
        return UnsafeMutableBufferPointer(start: base + range.lowerBound, count: range.count)
    }

    /// A view of the floats from `offset` on, as `shape`.
    public func tensor(at offset: Int = 0, _ shape: Shape) -> Tensor {
        precondition(offset >= 0 && offset + shape.count <= count, "view outside storage")
        return Tensor(base + offset, shape)
    }

    /// Floats from which on an area is backed by huge pages where the kernel has them: its start on a 2 MiB
    /// boundary allows that.
    private static let largeArea = 1 << 20

    private static func alignment(forFloats count: Int) -> Int {
        count >= largeArea ? 1 << 21 : 64
    }
}
