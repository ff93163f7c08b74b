public import Tensors

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019), as `torch.optim.AdamW`.
///
///     w -= learningRate · weightDecay · w
///     m = beta1 · m + (1 − beta1) · g
///     s = beta2 · s + (1 − beta2) · g²
///     w -= learningRate / (1 − beta1ᵗ) · m / (√s / √(1 − beta2ᵗ) + epsilon)
public final class AdamW: Optimizer {
    private let beta1: Double
    private let beta2: Double
    private let epsilon: Float
    private let weightDecay: Float
    private let mean: Storage
    private let squares: Storage
    private var steps = 0

    /// Makes the rule for a shard of `count` elements.
    public init(count: Int, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = Float(epsilon)
        self.weightDecay = Float(weightDecay)
        mean = Storage(count: count)
        squares = Storage(count: count)
    }

    /// The means of gradients and of their squares.
    public var state: [(name: String, values: Storage)] {
        [("mean", mean), ("squares", squares)]
    }

    /// Goes on with the corrections of step `step`.
    public func resumed(atStep step: Int) { steps = step }

    /// The rule of the next step.
    public func begin(learningRate: Float, gradientScale: Float) -> BlockRule {
        steps += 1
        let wholeRate = Float(Double(learningRate) / (1 - power(beta1, steps)))
        let root = Float((1 - power(beta2, steps)).squareRoot())
        let (keepMean, addMean) = (Float(beta1), Float(1 - beta1))
        let (keepSquare, addSquare) = (Float(beta2), Float(1 - beta2))
        let (epsilon, weightDecay, mean, squares) = (epsilon, weightDecay, mean, squares)
        return { block, w, dw in
            let m = mean.base + block.offset
            let s = squares.base + block.offset
            let rate = wholeRate * block.rate
            let shrink = 1 - learningRate * block.rate * (block.decays ? weightDecay : 0)
            for i in 0..<block.range.count {
                let g = dw[i] * gradientScale
                m[i] = keepMean * m[i] + addMean * g
                s[i] = keepSquare * s[i] + addSquare * (g * g)
                w[i] = w[i] * shrink - rate * (m[i] / (squareRoot(s[i]) / root + epsilon))
            }
        }
    }
}
