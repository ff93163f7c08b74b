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
        let output = builder.output(geometry.output)
        builder.keep(input)
        builder.keep(output)
        builder.describe(name, "max pool \(kernel)×\(kernel) / \(stride)", output.shape)
        return BuiltMaxPool(
            geometry: geometry,
            output: output,
            dx: builder.gradient(of: input),
            pool: builder.pool
        )
    }
}

private final class BuiltMaxPool: Layer {
    let output: Activation
    private let geometry: PoolGeometry
    private let dx: UnsafeMutablePointer<Float>?
    private let pool: ThreadPool
    private var x: Tensor?

    init(
        geometry: PoolGeometry,
        output: Activation,
        dx: UnsafeMutablePointer<Float>?,
        pool: ThreadPool
    ) {
        self.geometry = geometry
        self.output = output
        self.dx = dx
        self.pool = pool
    }

    func forward(_ x: Tensor, _ phase: Phase) -> Tensor {
        self.x = x
        let y = output.first(x.shape.N)
        maxPoolForward(x, geometry, y, pool)
        return y
    }

    func backward(_ dy: Tensor) -> Tensor? {
        guard let x else { preconditionFailure("backward follows forward") }
        guard let dx else { return nil }
        let result = Tensor(dx, x.shape)
        maxPoolBackward(x, y: output.first(x.shape.N), dy, geometry, result, pool)
        return result
    }
}
