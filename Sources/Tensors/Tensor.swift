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

    /// The same elements under other extents of equal count.
    public func reshaped(_ shape: Shape) -> Tensor {
        precondition(shape.count == count, "reshaping keeps the number of elements")
        return Tensor(base, shape)
    }

    /// A copy of the elements, for tests and reports.
    public func toArray() -> [Float] { Array(buffer) }
}
