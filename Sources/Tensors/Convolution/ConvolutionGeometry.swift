import KernelTable

/// Extents of a convolution with square windows.
public struct ConvolutionGeometry: Hashable, Sendable {
    /// Extents of the input; `N` is the largest batch.
    public let input: Shape
    /// Extents of the output.
    public let output: Shape
    /// Side of the window.
    public let kernel: Int
    /// Step of the window.
    public let stride: Int
    /// Border of zeros on each side.
    public let padding: Int

    /// Plans `channels` outputs of `kernel` × `kernel` windows, `stride` apart.
    public init(input: Shape, channels: Int, kernel: Int, stride: Int = 1, padding: Int = 0) {
        precondition(kernel > 0 && stride > 0 && padding >= 0, "a window without extent")
        self.input = input
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        output = Shape(
            N: input.N,
            H: max(0, input.H + 2 * padding - kernel) / stride + 1,
            W: max(0, input.W + 2 * padding - kernel) / stride + 1,
            C: channels
        )
    }

    /// Number of weights, [O][KH][KW][I] in memory.
    public var weights: Int { output.C * taps }

    /// Multiplications of one image's forward pass, computed directly.
    public var multiplications: Int { output.H * output.W * weights }

    /// Inputs that one output sums over: the columns of the im2col matrix.
    var taps: Int { kernel * kernel * input.C }

    /// Whether the im2col matrix is the input itself.
    var isPointwise: Bool { kernel == 1 && stride == 1 && padding == 0 }

    var window: Window {
        Window(
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
