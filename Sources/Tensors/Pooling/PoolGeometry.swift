import KernelTable

/// Extents of a pool with square windows.
public struct PoolGeometry: Hashable, Sendable {
    /// Extents of the input.
    public let input: Shape
    /// Extents of the output.
    public let output: Shape

    let window: Window

    /// Plans windows of `kernel` × `kernel` pixels, `stride` apart, over maps with a border of
    /// `padding` that never wins.
    ///
    /// With `ceil` a last window may hang over the far edge, as long as it starts inside the map or
    /// its near border.
    public init(input: Shape, kernel: Int, stride: Int, padding: Int = 0, ceil: Bool = false) {
        precondition(kernel > 0 && stride > 0 && padding * 2 <= kernel, "a window without extent")
        func extent(_ size: Int) -> Int {
            let slack = ceil ? stride - 1 : 0
            let outputs = (size + 2 * padding - kernel + slack) / stride + 1
            return ceil && (outputs - 1) * stride >= size + padding ? outputs - 1 : outputs
        }
        self.input = input
        output = Shape(N: input.N, H: extent(input.H), W: extent(input.W), C: input.C)
        window = Window(
            H: input.H,
            W: input.W,
            C: input.C,
            kernel: kernel,
            stride: stride,
            padding: padding,
            OH: output.H,
            OW: output.W
        )
    }
}
