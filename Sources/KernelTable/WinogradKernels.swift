/// Transforms of Winograd's F(4×4, 3×3) on the calling thread.
///
/// A tile is 4 × 4 pixels of the output and the 6 × 6 pixels of the input they depend on. Transformed
/// tiles are stored in 36 planes, one for each pair of interpolation points.
public struct WinogradKernels: Sendable {
    /// The layout of transformed tiles: element (plane, tile, c) is at `plane · planeStride +
    /// (c / width) · stripStride + tile · width + c % width`.
    public struct Planes {
        /// The first float of the first tile.
        public var base: MutableFloats
        /// Distance between planes.
        public var planeStride: Int
        /// Channels of a strip, which are contiguous.
        public var width: Int
        /// Distance between strips of channels.
        public var stripStride: Int

        /// Assembles the layout.
        public init(base: MutableFloats, planeStride: Int, width: Int, stripStride: Int) {
            self.base = base
            self.planeStride = planeStride
            self.width = width
            self.stripStride = stripStride
        }

        /// Offset of channel c of a tile from the tile's first float.
        @inlinable
        public func offset(_ c: Int) -> Int { c / width * stripStride + c % width }
    }

    /// Number of consecutive tiles of an image that share one set of moments.
    @inlinable
    public static var notedTiles: Int { 4 }

    /// (x, window, tiles, channels, planes): Bᵀ d B of the first channels of some tiles of one image of
    /// H × W × C.
    public let input: @Sendable (Floats, Window, Range<Int>, Int, Planes) -> Void
    /// (planes, finish, window, tiles, y, notes): Aᵀ m A with the epilogue, written to the pixels of one
    /// image of OH × OW × C.
    ///
    /// `notes` receives moments [3][C] for each group of `notedTiles` tiles: a pivot p of each channel,
    /// Σ (y − p) and Σ (y − p)². A call must then cover whole groups, and C must be a multiple of the
    /// register's lanes.
    public let output:
        @Sendable (Planes, Finish, Window, Range<Int>, MutableFloats, MutableFloats?) -> Void
    /// (dy, window, tiles, channels, planes): A dy Aᵀ of the first channels of some tiles of one image
    /// of OH × OW × C.
    public let gradient: @Sendable (Floats, Window, Range<Int>, Int, Planes) -> Void
    /// (weights, O, I, strip, planeStride, streams, to): G g Gᵀ of a strip of outputs, packed [I][width];
    /// with non-temporal stores if `streams`.
    public let filter: @Sendable (Floats, Int, Int, Int, Int, Bool, MutableFloats) -> Void
    /// (weights, O, I, strip, planeStride, streams, to): G g Gᵀ of a strip of inputs of the rotated filters,
    /// packed [O][width]; with non-temporal stores if `streams`.
    public let rotatedFilter: @Sendable (Floats, Int, Int, Int, Int, Bool, MutableFloats) -> Void
    /// (planes, planeStride, inputs, I, adding, dweights): dweights [3][3][I] (+)= Gᵀ u G of the first
    /// inputs of one output.
    public let weights: @Sendable (Floats, Int, Int, Int, Bool, MutableFloats) -> Void

    /// Assembles the transforms.
    public init(
        input: @escaping @Sendable (Floats, Window, Range<Int>, Int, Planes) -> Void,
        output:
            @escaping @Sendable (
                Planes, Finish, Window, Range<Int>, MutableFloats, MutableFloats?
            ) -> Void,
        gradient:
            @escaping @Sendable (Floats, Window, Range<Int>, Int, Planes) -> Void,
        filter: @escaping @Sendable (Floats, Int, Int, Int, Int, Bool, MutableFloats) -> Void,
        rotatedFilter:
            @escaping @Sendable (Floats, Int, Int, Int, Int, Bool, MutableFloats) -> Void,
        weights: @escaping @Sendable (Floats, Int, Int, Int, Bool, MutableFloats) -> Void
    ) {
        self.input = input
        self.output = output
        self.gradient = gradient
        self.filter = filter
        self.rotatedFilter = rotatedFilter
        self.weights = weights
    }
}
