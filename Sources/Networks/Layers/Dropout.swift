import Tensors

/// Sets a share of the values to zero in training and scales the others by 1 / (1 − rate)
/// (Srivastava et al., 2014).
///
/// The mask of an image is a function of the seed, the step, the layer and the image's position in
/// the global batch.
public struct Dropout: LayerDescription {
    private let name: String
    private let rate: Float

    /// Makes a dropout layer that drops the share `rate`, from 0 to below 1.
    public init(_ name: String, rate: Float) {
        self.name = name
        self.rate = rate
    }

    /// Builds the layer, or none where it would drop nothing.
    public func build(_ input: Activation, _ builder: inout Builder) -> any Layer {
        let number = builder.nextDropout()
        guard builder.purpose == .training, rate > 0 else { return Identity(input) }
        builder.begin(input)
        let output = builder.output(input.shape, sharingGradientOf: input)
        builder.describe(name, "dropout \(rate)", output.shape)
        return BuiltDropout(rate: rate, number: number, output: output, pool: builder.pool)
    }
}

private final class BuiltDropout: Layer {
    let output: Activation
    private let rate: Float
    private let number: UInt64
    private let pool: ThreadPool
    private var context: TrainingContext?

    init(rate: Float, number: UInt64, output: Activation, pool: ThreadPool) {
        self.rate = rate
        self.number = number
        self.output = output
        self.pool = pool
    }

    func forward(_ x: Tensor, _ phase: Phase) -> Tensor {
        let y = output.first(x.shape.N)
        switch phase {
        case .evaluation:
            context = nil
            copyFloats(y.base, x.base, x.count, pool)
        case .training(let context):
            self.context = context
            apply(x, y, context)
        }
        return y
    }

    func backward(_ dy: Tensor) -> Tensor? {
        guard let context else { preconditionFailure("backward follows forward in training") }
        apply(dy, dy, context)
        return dy
    }

    private func apply(_ x: Tensor, _ y: Tensor, _ context: TrainingContext) {
        dropoutApply(
            x,
            y,
            rate: rate,
            seed: context.seed,
            stepAndLayer: context.step << 8 | number,
            firstPosition: context.firstPosition,
            pool
        )
    }
}
