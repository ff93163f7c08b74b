public import Tensors

/// RMSprop with momentum, as `torch.optim.RMSprop`.
///
///     g = gradient + weightDecay · w
///     s = rho · s + (1 − rho) · g²
///     v = momentum · v + g / (√s + epsilon)
///     w -= learningRate · v
public final class RMSprop: Optimizer {
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
        velocity = Storage(count: momentum == 0 ? 0 : count)
    }

    /// The mean of squares and, where there is momentum, the velocity.
    public var state: [(name: String, values: Storage)] {
        [("squares", squares)] + (momentum == 0 ? [] : [("velocity", velocity)])
    }

    /// The rule of the next step.
    public func begin(learningRate: Float, gradientScale: Float) -> BlockRule {
        let (rho, momentum, epsilon) = (rho, momentum, epsilon)
        let (weightDecay, squares, velocity) = (weightDecay, squares, velocity)
        return { block, w, dw in
            let learningRate = learningRate * block.rate
            let count = block.range.count
            let s = squares.base + block.offset
            let decay = block.decays ? weightDecay : 0
            guard momentum != 0 else {
                for i in 0..<count {
                    let g = dw[i] * gradientScale + decay * w[i]
                    s[i] = rho * s[i] + (1 - rho) * (g * g)
                    w[i] -= learningRate * (g / (squareRoot(s[i]) + epsilon))
                }
                return
            }
            let v = velocity.base + block.offset
            for i in 0..<count {
                let g = dw[i] * gradientScale + decay * w[i]
                s[i] = rho * s[i] + (1 - rho) * (g * g)
                v[i] = momentum * v[i] + g / (squareRoot(s[i]) + epsilon)
                w[i] -= learningRate * v[i]
            }
        }
    }
}
