public import Tensors

/// The largest value of each window, [N, H, W, C] → [N, OH, OW, C].
public struct MaxPool: Operation {
    private let side: Int
    private let stride: Int
    private let padding: Int

    /// Makes a pool with square windows.
    public init(kernel: Int, stride: Int, padding: Int = 0) {
        precondition(kernel <= 16, "a place in a window fits a byte")
        side = kernel
        self.stride = stride
        self.padding = padding
    }

    /// The windows.
    public var kind: String { "max pool \(side)×\(side) / \(stride)" }

    func geometry(_ input: Shape) -> PoolGeometry {
        PoolGeometry(input: input, kernel: side, stride: stride, padding: padding)
    }

    /// A pixel for each window.
    public func output(_ inputs: [Shape]) -> Shape { geometry(inputs[0]).output }

    /// A pass over the windows.
    public func kernel(_ site: KernelSite) -> any Kernel {
        MaxPoolPasses(geometry: geometry(site.input))
    }

    /// MaxPool.
    public func write(_ site: PortableSite, to graph: inout PortableGraph) -> PortableGraph.Value {
        graph.window(
            "MaxPool",
            site,
            kernel: (side, side),
            stride: (stride, stride),
            border: [padding, padding, padding, padding]
        )
    }
}

private struct MaxPoolPasses: Kernel {
    let geometry: PoolGeometry

    var requirements: KernelRequirements {
        var needs = KernelRequirements()
        // Where maxima stood is all that backward needs: a sixteenth of a map whose windows are 2×2.
        needs.saved = (geometry.output.count + 3) / 4
        return needs
    }

    func forward(_ pass: ForwardPass) {
        let argmax = pass.phase.isTraining ? argmax(pass) : nil
        maxPoolForward(pass.x, geometry, pass.y, argmax: argmax, pass.pool)
    }

    func backward(_ pass: BackwardPass) {
        guard let dx = pass.dx else { return }
        maxPoolBackward(argmax: argmax(pass.forward), pass.dy, geometry, dx, pass.pool)
    }

    private func argmax(_ pass: ForwardPass) -> UnsafeMutablePointer<UInt8> {
        UnsafeMutableRawPointer(pass.saved).assumingMemoryBound(to: UInt8.self)
    }
}

/// The means of a grid of windows that cover the maps, [N, H, W, C] → [N, size, size, C].
///
/// Windows are those of PyTorch's AdaptiveAvgPool2d, which overlap where sizes do not divide.
public struct AdaptiveAveragePool: Operation {
    private let size: Int

    /// Makes a pool to `size` × `size` pixels.
    public init(size: Int) { self.size = size }

    /// Whether maps become their means.
    var isGlobal: Bool { size == 1 }

    /// The size.
    public var kind: String { "average pool to \(size)×\(size)" }

    /// Maps of the size.
    public func output(_ inputs: [Shape]) -> Shape {
        Shape(N: inputs[0].N, H: size, W: size, C: inputs[0].C)
    }

    /// Where the maps have the size already.
    public func isIdentity(_ inputs: [Shape], _ purpose: Purpose) -> Bool {
        output(inputs) == inputs[0]
    }

    /// A pass over the windows.
    public func kernel(_ site: KernelSite) -> any Kernel { AdaptivePoolPasses(isWhole: isGlobal) }

    /// GlobalAveragePool, or AveragePool where windows tile the maps; windows that overlap are products with the
    /// share of each row and column in each of them.
    public func write(_ site: PortableSite, to graph: inout PortableGraph) -> PortableGraph.Value {
        let (H, W) = (site.shapes[0].H, site.shapes[0].W)
        if isGlobal {
            return graph.append("GlobalAveragePool", site, [site.maps], extents: site.extents)
        }
        if H % size == 0, W % size == 0 {
            let tile = (H / size, W / size)
            return graph.window("AveragePool", site, kernel: tile, stride: tile)
        }
        let columns = graph.constant(
            "\(site.name)/columns",
            [W, size],
            shares(W, outputsFirst: false)
        )
        let rows = graph.constant("\(site.name)/rows", [size, H], shares(H, outputsFirst: true))
        let y = graph.append(
            "MatMul",
            site,
            [site.maps, columns],
            extents: [site.output.C, H, size]
        )
        return graph.append("MatMul", site, [rows, y], extents: site.extents)
    }

    /// What each of `extent` pixels counts in each of the means along an axis, [mean][pixel] or [pixel][mean].
    private func shares(_ extent: Int, outputsFirst: Bool) -> [Float] {
        var shares = [Float](repeating: 0, count: size * extent)
        for output in 0..<size {
            let window = output * extent / size..<((output + 1) * extent + size - 1) / size
            for pixel in window {
                let place = outputsFirst ? output * extent + pixel : pixel * size + output
                shares[place] = 1 / Float(window.count)
            }
        }
        return shares
    }
}

private struct AdaptivePoolPasses: Kernel {
    /// Whether maps become their means.
    let isWhole: Bool

    var requirements: KernelRequirements {
        var needs = KernelRequirements()
        needs.mayAddGradient = isWhole
        return needs
    }

    func forward(_ pass: ForwardPass) { adaptiveAveragePoolForward(pass.x, pass.y, pass.pool) }

    func backward(_ pass: BackwardPass) {
        guard let dx = pass.dx else { return }
        adaptiveAveragePoolBackward(pass.dy, dx, adding: pass.addsGradient, pass.pool)
    }
}

/// The mean of each of the windows that tile the maps, [N, H, W, C] → [N, ⌈H/side⌉, ⌈W/side⌉, C].
///
/// The last windows may hang over the far edge; only what lies inside counts (PyTorch's AvgPool2d with
/// `ceil_mode` and without `count_include_pad`).
public struct AveragePool: Operation {
    private let side: Int

    /// Makes a pool with square windows, side by side.
    public init(kernel: Int) { side = kernel }

    /// The windows.
    public var kind: String { "average pool \(side)×\(side) / \(side)" }

    private func geometry(_ input: Shape) -> PoolGeometry {
        PoolGeometry(input: input, kernel: side, stride: side, ceil: true)
    }

    /// A pixel for each window.
    public func output(_ inputs: [Shape]) -> Shape { geometry(inputs[0]).output }

    /// A pass over the windows.
    public func kernel(_ site: KernelSite) -> any Kernel {
        AveragePoolPasses(geometry: geometry(site.input))
    }

    /// AveragePool with a border below and to the right, of which nothing counts.
    public func write(_ site: PortableSite, to graph: inout PortableGraph) -> PortableGraph.Value {
        let (input, output) = (site.shapes[0], site.output)
        return graph.window(
            "AveragePool",
            site,
            kernel: (side, side),
            stride: (side, side),
            border: [0, 0, output.H * side - input.H, output.W * side - input.W]
        )
    }
}

private struct AveragePoolPasses: Kernel {
    let geometry: PoolGeometry

    var requirements: KernelRequirements { KernelRequirements() }

    func forward(_ pass: ForwardPass) { averagePoolForward(pass.x, geometry, pass.y, pass.pool) }

    func backward(_ pass: BackwardPass) {
        guard let dx = pass.dx else { return }
        averagePoolBackward(pass.dy, geometry, dx, pass.pool)
    }
}

extension PortableGraph {
    /// Appends a pool.
    ///
    /// - Parameter border: pixels that count for nothing: above, to the left, below, to the right.
    fileprivate mutating func window(
        _ kind: String,
        _ site: PortableSite,
        kernel: (Int, Int),
        stride: (Int, Int),
        border: [Int] = [0, 0, 0, 0]
    ) -> Value {
        append(
            kind,
            site,
            [site.maps],
            [
                .init("kernel_shape", .integers([kernel.0, kernel.1])),
                .init("strides", .integers([stride.0, stride.1])),
                .init("pads", .integers(border)),
            ],
            extents: site.extents
        )
    }
}

extension Graph {
    /// Appends a maximum over windows.
    public mutating func maxPool(
        _ x: Value,
        _ name: String,
        kernel: Int,
        stride: Int,
        padding: Int = 0
    ) -> Value {
        append(name, MaxPool(kernel: kernel, stride: stride, padding: padding), x)
    }

    /// Appends means of windows of `kernel` × `kernel` pixels, side by side.
    public mutating func averagePool(_ x: Value, _ name: String, kernel: Int) -> Value {
        append(name, AveragePool(kernel: kernel), x)
    }

    /// Appends means of a grid of windows.
    public mutating func averagePool(_ x: Value, _ name: String, size: Int = 1) -> Value {
        append(name, AdaptiveAveragePool(size: size), x)
    }
}
