import KernelTable

/// Pixels of zeros around a map, into which windows extend.
public enum Padding: Sendable, Hashable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// As many on each side.
    case symmetric(Int)
    /// TensorFlow's: as few as give ⌈extent / stride⌉ outputs, the odd one below and to the right.
    case same

    /// As many on each side.
    public init(integerLiteral pixels: Int) { self = .symmetric(pixels) }

    /// The number of pixels, or `same`.
    public var description: String {
        switch self {
        case .symmetric(let pixels): "\(pixels)"
        case .same: "same"
        }
    }

    /// Outputs along an extent, and the pixels of padding before it.
    func outputs(_ extent: Int, kernel: Int, stride: Int) -> (count: Int, before: Int) {
        switch self {
        case .symmetric(let pixels):
            return (max(0, extent + 2 * pixels - kernel) / stride + 1, pixels)
        case .same:
            let count = max(1, (extent + stride - 1) / stride)
            return (count, max(0, (count - 1) * stride + kernel - extent) / 2)
        }
    }
}

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
    /// Border of zeros.
    public let padding: Padding
    /// Runs of equally many channels, each computed from the run of inputs in its place alone.
    public let groups: Int
    /// Rows and columns of zeros that windows see above and to the left of the input.
    public let top, left: Int

    /// Plans `channels` outputs of `kernel` × `kernel` windows, `stride` apart.
    ///
    /// - Parameter groups: a divisor of the channels of the input and of `channels`.
    public init(
        input: Shape,
        channels: Int,
        kernel: Int,
        stride: Int = 1,
        padding: Padding = 0,
        groups: Int = 1
    ) {
        precondition(kernel > 0 && stride > 0, "a window without extent")
        if case .symmetric(let pixels) = padding {
            precondition(pixels >= 0, "a padding of \(pixels) pixels")
        }
        precondition(
            groups > 0 && input.C % groups == 0 && channels % groups == 0,
            "a convolution from \(input.C) to \(channels) channels has no \(groups) groups"
        )
        self.input = input
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.groups = groups
        let rows = padding.outputs(input.H, kernel: kernel, stride: stride)
        let columns = padding.outputs(input.W, kernel: kernel, stride: stride)
        top = rows.before
        left = columns.before
        output = Shape(N: input.N, H: rows.count, W: columns.count, C: channels)
    }

    /// Rows and columns of zeros that windows see: above, to the left, below and to the right.
    ///
    /// What no window reaches of a symmetric border is counted too.
    public var border: [Int] {
        if case .symmetric(let pixels) = padding { return [pixels, pixels, pixels, pixels] }
        func after(_ extent: Int, _ outputs: Int, _ before: Int) -> Int {
            max(0, (outputs - 1) * stride + kernel - extent - before)
        }
        return [top, left, after(input.H, output.H, top), after(input.W, output.W, left)]
    }

    /// Number of weights, [O][KH][KW][I / groups] in memory.
    public var weights: Int { output.C * taps }

    /// Inputs that one output sums over: the columns of the im2col matrix.
    var taps: Int { kernel * kernel * (input.C / groups) }

    /// Whether the im2col matrix is the input itself.
    var isPointwise: Bool {
        kernel == 1 && groups == 1 && input.H == output.H && input.W == output.W
            && top == 0 && left == 0 && stride == 1
    }

    /// Whether each channel is computed from the one in its place alone.
    var isDepthwise: Bool { groups > 1 && groups == input.C && groups == output.C }

    /// The convolution of one of the groups.
    var ofGroup: ConvolutionGeometry {
        var maps = input
        maps.C /= groups
        return ConvolutionGeometry(
            input: maps,
            channels: output.C / groups,
            kernel: kernel,
            stride: stride,
            padding: padding
        )
    }

    var window: Window {
        Window(
            H: input.H,
            W: input.W,
            C: input.C,
            kernel: kernel,
            stride: stride,
            top: top,
            left: left,
            OH: output.H,
            OW: output.W
        )
    }
}
