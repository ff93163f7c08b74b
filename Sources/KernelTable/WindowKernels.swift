/// One image's extents under a sliding window; channels-last.
public struct Window: Hashable, Sendable {
    /// Rows of the input.
    public var H: Int
    /// Columns of the input.
    public var W: Int
    /// Channels.
    public var C: Int
    /// Side of the window.
    public var kernel: Int
    /// Step of the window.
    public var stride: Int
    /// Pixels by which the first windows extend over the upper border; what they extend over the lower one follows
    /// from `OH`.
    public var top: Int
    /// Pixels by which the first windows extend over the left border.
    public var left: Int
    /// Rows of the output.
    public var OH: Int
    /// Columns of the output.
    public var OW: Int

    /// Assembles the extents.
    public init(
        H: Int,
        W: Int,
        C: Int,
        kernel: Int,
        stride: Int,
        top: Int,
        left: Int,
        OH: Int,
        OW: Int
    ) {
        self.H = H
        self.W = W
        self.C = C
        self.kernel = kernel
        self.stride = stride
        self.top = top
        self.left = left
        self.OH = OH
        self.OW = OW
    }
}

/// Loops over the windows of one image.
public struct WindowKernels: Sendable {
    /// (x, window, output rows, columns): writes the [pixels][kernel · kernel · C] matrix of the
    /// output rows, zeros where a window extends over the border.
    public let gather: @Sendable (Floats, Window, Range<Int>, MutableFloats) -> Void
    /// (columns, window, output rows, dx): adds the matrix to the pixels it was gathered from (col2im).
    public let scatter: @Sendable (Floats, Window, Range<Int>, MutableFloats) -> Void
    /// (x, window, output rows, y, argmax): the maximum of each window and channel, and the
    /// position kh · kernel + kw of its first occurrence; nil if not needed.
    public let maximum: @Sendable (Floats, Window, Range<Int>, MutableFloats, MutableBytes?) -> Void
    /// (argmax, dy, window, dx, streams): adds each window's gradient to its maximum;
    /// overwrites dx, with non-temporal stores if it `streams`.
    public let maximumGradient: @Sendable (Bytes, Floats, Window, MutableFloats, Bool) -> Void
    /// (x, window, y): means over the windows of an adaptive pool; only H, W, C, OH and OW of the
    /// window are used.
    public let adaptiveAverage: @Sendable (Floats, Window, MutableFloats) -> Void
    /// (dy, window, dx): divides each output's gradient among its window; overwrites dx.
    public let adaptiveAverageGradient: @Sendable (Floats, Window, MutableFloats) -> Void
    /// (x, window, y): means over what of each window is inside the map; without padding.
    public let average: @Sendable (Floats, Window, MutableFloats) -> Void
    /// (dy, window, dx): divides each output's gradient among its window; overwrites dx.
    public let averageGradient: @Sendable (Floats, Window, MutableFloats) -> Void

    /// Assembles the loops.
    public init(
        gather: @escaping @Sendable (Floats, Window, Range<Int>, MutableFloats) -> Void,
        scatter: @escaping @Sendable (Floats, Window, Range<Int>, MutableFloats) -> Void,
        maximum:
            @escaping @Sendable (Floats, Window, Range<Int>, MutableFloats, MutableBytes?) -> Void,
        maximumGradient: @escaping @Sendable (Bytes, Floats, Window, MutableFloats, Bool) -> Void,
        adaptiveAverage: @escaping @Sendable (Floats, Window, MutableFloats) -> Void,
        adaptiveAverageGradient: @escaping @Sendable (Floats, Window, MutableFloats) -> Void,
        average: @escaping @Sendable (Floats, Window, MutableFloats) -> Void,
        averageGradient: @escaping @Sendable (Floats, Window, MutableFloats) -> Void
    ) {
        self.gather = gather
        self.scatter = scatter
        self.maximum = maximum
        self.maximumGradient = maximumGradient
        self.adaptiveAverage = adaptiveAverage
        self.adaptiveAverageGradient = adaptiveAverageGradient
        self.average = average
        self.averageGradient = averageGradient
    }
}
