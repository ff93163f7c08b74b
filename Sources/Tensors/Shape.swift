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

    /// The extents as `N×H×W×C`.
    public var description: String { "\(N)×\(H)×\(W)×\(C)" }
}
