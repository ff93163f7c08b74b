import Tensors

/// The largest value of each window, [N, H, W, C] → [N, OH, OW, C].
public struct MaxPool: LayerDescription {
    private let name: String
    private let kernel: Int
    private let stride: Int
    private let padding: Int

    /// Makes a pooling layer with square windows.
    public init(_ name: String, kernel: Int, stride: Int, padding: Int = 0) {
        self.name = name
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
    }

    /// Builds the layer.
    public func build(_ input: Activation, _ builder: inout Builder) -> any Layer {
        builder.begin(input)
        let geometry = PoolGeometry(
            input: input.shape,
            kernel: kernel,
            stride: stride,
            padding: padding
        )
        precondition(kernel <= 16, "a place in a window fits a byte")
        let output = builder.output(geometry.output)
        // Where maxima stood is all that backward needs: a sixteenth of a map whose windows are 2×2.
        let argmax = builder.note((geometry.output.count + 3) / 4)
        builder.describe(name, "max pool \(kernel)×\(kernel) / \(stride)", output.shape)
        return BuiltMaxPool(
            geometry: geometry,
            output: output,
            argmax: UnsafeMutableRawPointer(argmax).assumingMemoryBound(to: UInt8.self),
            dx: builder.gradient(of: input),
            pool: builder.pool
        )
    }
}

private final class BuiltMaxPool: Layer {
    let output: Activation
    private let geometry: PoolGeometry
    private let argmax: UnsafeMutablePointer<UInt8>
    private let dx: UnsafeMutablePointer<Float>?
    private let pool: ThreadPool

    init(
        geometry: PoolGeometry,
        output: Activation,
        argmax: UnsafeMutablePointer<UInt8>,
        dx: UnsafeMutablePointer<Float>?,
        pool: ThreadPool
    ) {
        self.geometry = geometry
        self.output = output
        self.argmax = argmax
        self.dx = dx
        self.pool = pool
    }

    func forward(_ x: Tensor, _ phase: Phase) -> Tensor {
        let y = output.first(x.shape.N)
        maxPoolForward(x, geometry, y, argmax: phase.slices == nil ? nil : argmax, pool)
        return y
    }

    func backward(_ dy: Tensor) -> Tensor? {
        guard let dx else { return nil }
        let result = Tensor(dx, geometry.input.with(N: dy.shape.N))
        maxPoolBackward(argmax: argmax, dy, geometry, result, pool)
        return result
    }
}
