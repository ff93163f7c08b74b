public import Tensors

/// Stochastic gradient descent with momentum, as `torch.optim.SGD` without dampening.
///
///     g = gradient + weightDecay · w
///     v = momentum · v + g
///     w -= learningRate · (nesterov ? g + momentum · v : v)
public final class SGD: Optimizer {
    private let momentum: Float
    private let nesterov: Bool
    private let weightDecay: Float
    private let velocity: Storage

    /// Makes the rule for a shard of `count` elements.
    public init(count: Int, momentum: Double, nesterov: Bool, weightDecay: Double) {
        self.momentum = Float(momentum)
        self.nesterov = nesterov
        self.weightDecay = Float(weightDecay)
        velocity = Storage(count: momentum == 0 ? 0 : count)
    }

    /// The velocity, where there is momentum.
    public var state: [(name: String, values: Storage)] {
        momentum == 0 ? [] : [("velocity", velocity)]
    }

    /// The rule of the next step.
    public func begin(learningRate: Float, gradientScale: Float) -> BlockRule {
        let (momentum, nesterov, weightDecay) = (momentum, nesterov, weightDecay)
        let velocity = velocity
        return { block, w, dw in
            let learningRate = learningRate * block.rate
            let count = block.range.count
            let decay = block.decays ? weightDecay : 0
            guard momentum != 0 else {
                for i in 0..<count {
                    w[i] -= learningRate * (dw[i] * gradientScale + decay * w[i])
                }
                return
            }
            let v = velocity.base + block.offset
            if nesterov {
                for i in 0..<count {
                    let g = dw[i] * gradientScale + decay * w[i]
                    v[i] = momentum * v[i] + g
                    w[i] -= learningRate * (g + momentum * v[i])
                }
            } else {
                for i in 0..<count {
                    v[i] = momentum * v[i] + (dw[i] * gradientScale + decay * w[i])
                    w[i] -= learningRate * v[i]
                }
            }
        }
    }
}
