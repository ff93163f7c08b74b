public import Tensors

/// RMSprop with momentum, as `tf.keras.optimizers.RMSprop` of Keras 2.
///
/// It is TensorFlow's `ApplyRMSProp`:
///
///     g = gradient + weightDecay · w
///     s = rho · s + (1 − rho) · g²
///     v = momentum · v + learningRate · g / √(s + epsilon)
///     w -= v
///
/// Epsilon lies under the root, and the velocity holds the learning rates of its time.
public final class KerasRMSprop: Optimizer {
    private let rho: Float
    private let momentum: Float
    private let epsilon: Float
    private let weightDecay: Float
    private let squares: Storage
    private let velocity: Storage

    /// Makes the rule for a shard of `count` elements.
    public init(count: Int, rho: Double, momentum: Double, epsilon: Double, weightDecay: Double) {
        self.rho = Float(rho)
        self.momentum = Float(momentum)
        self.epsilon = Float(epsilon)
        self.weightDecay = Float(weightDecay)
        squares = Storage(count: count)
        velocity = Storage(count: count)
    }

    /// The mean of squares and the velocity.
    public var state: [(name: String, values: Storage)] {
        [("squares", squares), ("velocity", velocity)]
    }

    /// The rule of the next step.
    public func begin(learningRate: Float, gradientScale: Float) -> BlockRule {
        let (rho, momentum, epsilon) = (rho, momentum, epsilon)
        let (weightDecay, squares, velocity) = (weightDecay, squares, velocity)
        return { block, w, dw in
            let learningRate = learningRate * block.rate
            let s = squares.base + block.offset
            let v = velocity.base + block.offset
            let decay = block.decays ? weightDecay : 0
            for i in 0..<block.range.count {
                let g = dw[i] * gradientScale + decay * w[i]
                s[i] = rho * s[i] + (1 - rho) * (g * g)
                v[i] = momentum * v[i] + learningRate * g / squareRoot(s[i] + epsilon)
                w[i] -= v[i]
            }
        }
    }
}
