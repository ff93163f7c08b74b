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
            let s = squares.base + block.offset
            let decay = block.decays ? weightDecay : 0
            let v = momentum == 0 ? nil : velocity.base + block.offset
            forEachLanes(block.range.count) { i, n in
                let old = loadLanes(w + i, n)
                let g = loadLanes(dw + i, n) * gradientScale + decay * old
                let square = rho * loadLanes(s + i, n) + (1 - rho) * (g * g)
                storeLanes(square, s + i, n)
                var step = g / (squareRoots(square) + epsilon)
                if let v {
                    step += momentum * loadLanes(v + i, n)
                    storeLanes(step, v + i, n)
                }
                storeLanes(old - learningRate * step, w + i, n)
            }
        }
    }
}
