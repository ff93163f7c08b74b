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
            let decay = block.decays ? weightDecay : 0
            let v = momentum == 0 ? nil : velocity.base + block.offset
            forEachLanes(block.range.count) { i, n in
                let old = loadLanes(w + i, n)
                var step = loadLanes(dw + i, n) * gradientScale + decay * old
                if let v {
                    let g = step
                    step = momentum * loadLanes(v + i, n) + g
                    storeLanes(step, v + i, n)
                    if nesterov { step = g + momentum * step }
                }
                storeLanes(old - learningRate * step, w + i, n)
            }
        }
    }
}
