import Foundation

/// A borrowed view of floats with a shape; whoever made the memory keeps it alive.
///
/// A tensor is a pointer and four extents: copying one copies no elements, and the same memory may
/// be viewed by many.
public struct Tensor {
    /// The first element.
    public let base: UnsafeMutablePointer<Float>
    /// Extents, channels-last.
    public let shape: Shape

    /// Views `shape.count` floats from `base`.
    public init(_ base: UnsafeMutablePointer<Float>, _ shape: Shape) {
        self.base = base
        self.shape = shape
    }

    /// Number of elements.
    public var count: Int { shape.count }

    /// Whether the last cache does not hold it from its writing to its reading, by measurement.
    var exceedsCaches: Bool { count >= 1 << 23 }

    /// The elements as a buffer.
    public var buffer: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: base, count: count)
    }

    /// The view cut or restored to the first `N` images.
    ///
    /// The caller vouches that the memory holds that many.
    public func first(_ N: Int) -> Tensor { Tensor(base, shape.with(N: N)) }

    /// The view of the images `range`.
    public func images(_ range: Range<Int>) -> Tensor {
        precondition(range.lowerBound >= 0 && range.upperBound <= shape.N, "images out of range")
        return Tensor(base + range.lowerBound * shape.perImage, shape.with(N: range.count))
    }

    /// The floats of some pixels of the batch.
    func pixels(_ range: Range<Int>) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(start: base + range.lowerBound * shape.C, count: range.count * shape.C)
    }

    /// The same elements under other extents of equal count.
    public func reshaped(_ shape: Shape) -> Tensor {
        precondition(shape.count == count, "reshaping keeps the number of elements")
        return Tensor(base, shape)
    }

    /// A copy of the elements, for tests and reports.
    public func toArray() -> [Float] { Array(buffer) }
}

/// Extents of a batch of feature maps, stored channels-last: element (n, h, w, c) lies at
/// `((n·H + h)·W + w)·C + c`.
///
/// Vectors, such as logits, have H = W = 1.
public struct Shape: Hashable, Sendable, CustomStringConvertible {
    /// Images.
    public var N: Int
    /// Rows.
    public var H: Int
    /// Columns.
    public var W: Int
    /// Channels.
    public var C: Int

    /// Makes a shape of `N` images of `H` × `W` pixels with `C` channels.
    public init(N: Int, H: Int = 1, W: Int = 1, C: Int) {
        precondition(N >= 0 && H >= 0 && W >= 0 && C >= 0, "extents are not negative")
        self.N = N
        self.H = H
        self.W = W
        self.C = C
    }

    /// Number of elements.
    public var count: Int { N * H * W * C }

    /// Number of elements of one image.
    public var perImage: Int { H * W * C }

    /// Number of pixels of the whole batch, the rows of the matrix that a 1×1 convolution sees.
    public var pixels: Int { N * H * W }

    /// The same maps for another number of images.
    public func with(N: Int) -> Shape { Shape(N: N, H: H, W: W, C: C) }

    /// Whether an image is as large as one of `other`.
    func hasImages(like other: Shape) -> Bool { H == other.H && W == other.W && C == other.C }

    /// The extents as `N×H×W×C`.
    public var description: String { "\(N)×\(H)×\(W)×\(C)" }
}

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

extension UnsafeBufferPointer {
    /// The share that goes with `range` of `count`.
    func part(_ range: Range<Int>, of count: Int) -> UnsafeBufferPointer {
        let from = self.count * range.lowerBound / Swift.max(count, 1)
        let to = self.count * range.upperBound / Swift.max(count, 1)
        return UnsafeBufferPointer(rebasing: self[from..<to])
    }
}
