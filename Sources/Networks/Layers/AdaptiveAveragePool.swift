import Tensors

/// The means of a grid of windows that cover the maps, [N, H, W, C] → [N, size, size, C].
///
/// Windows are those of PyTorch's AdaptiveAvgPool2d, which overlap where sizes do not divide.
public struct AdaptiveAveragePool: LayerDescription {
    private let name: String
    private let size: Int

    /// Makes a pooling layer to `size` × `size` pixels.
    public init(_ name: String, size: Int) {
        self.name = name
        self.size = size
    }

    /// Builds the layer, or none where the maps have the size already.
    public func build(_ input: Activation, _ builder: inout Builder) -> any Layer {
        if input.shape.H == size, input.shape.W == size { return Identity(input) }
        builder.begin(input)
        let output = builder.output(
            Shape(N: input.shape.N, H: size, W: size, C: input.shape.C),
            overwritable: true
        )
        builder.describe(name, "average pool to \(size)×\(size)", output.shape)
        return BuiltAveragePool(
            input: input.shape,
            output: output,
            dx: builder.gradient(of: input),
            pool: builder.pool
        )
    }
}

private final class BuiltAveragePool: Layer {
    let output: Activation
    private let input: Shape
    private let dx: UnsafeMutablePointer<Float>?
    private let pool: ThreadPool

    init(
        input: Shape,
        output: Activation,
        dx: UnsafeMutablePointer<Float>?,
        pool: ThreadPool
    ) {
        self.input = input
        self.output = output
        self.dx = dx
        self.pool = pool
    }

    func forward(_ x: Tensor, _ phase: Phase) -> Tensor {
        let y = output.first(x.shape.N)
        adaptiveAveragePoolForward(x, y, pool)
        return y
    }

    func backward(_ dy: Tensor) -> Tensor? {
        guard let dx else { return nil }
        let result = Tensor(dx, input.with(N: dy.shape.N))
        adaptiveAveragePoolBackward(dy, result, pool)
        return result
    }
}
