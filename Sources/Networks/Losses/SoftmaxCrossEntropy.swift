public import Tensors

/// The losses of a slice, summed.
public struct LossSum: Sendable, Equatable {
    /// Sum of the photos' losses, not divided by anything.
    public var loss: Double
    /// Photos whose class has the largest logit.
    public var correct1: Int

    /// No photos yet.
    public init() { self.init(loss: 0, correct1: 0) }

    /// Sums known from elsewhere.
    public init(loss: Double, correct1: Int) {
        self.loss = loss
        self.correct1 = correct1
    }
}

/// Softmax cross-entropy with the semantics of PyTorch's `CrossEntropyLoss`.
///
/// With the target t_c = (1 − ε) · w_y · [c = y] + ε / C · w_c, a photo's loss is −Σ t_c · log p_c.
/// Dividing by the sum of the photos' w_y, as PyTorch's mean does, is left to the caller.
///
/// - Parameters:
///   - logits: [n, 1, 1, C].
///   - labels: n classes; below 0 = unknown, without loss and gradient.
///   - weights: n weights of photos; 0 = a blank, without loss and gradient.
///   - classWeights: w, C of them; nil = all 1.
///   - smoothing: ε.
///   - scale: multiplies the gradient, not the loss.
///   - dlogits: overwritten with scale · ∂loss/∂logits; may be the memory of `logits`.
///   - losses: overwritten with the n losses, 0 for photos without one.
/// - Returns: sums over the n photos.
public func softmaxCrossEntropy(
    logits: Tensor,
    labels: UnsafePointer<Int32>,
    weights: UnsafePointer<Float>,
    classWeights: UnsafePointer<Float>?,
    smoothing: Float,
    scale: Float,
    dlogits: Tensor?,
    losses: UnsafeMutablePointer<Float>?
) -> LossSum {
    let C = logits.shape.perImage
    var sum = LossSum()
    let totalWeight = (0..<C).reduce(0.0) { $0 + Double(classWeights?[$1] ?? 1) }
    for n in 0..<logits.shape.N {
        let z = UnsafeMutableBufferPointer(start: logits.base + n * C, count: C)
        let dz = dlogits.map { UnsafeMutableBufferPointer(start: $0.base + n * C, count: C) }
        let label = Int(labels[n])
        let weight = Double(weights[n])
        guard label >= 0, weight != 0 else {
            dz?.update(repeating: 0)
            losses?[n] = 0
            continue
        }
        precondition(label < C, "label \(label) of \(C) classes")
        let softmax = Softmax(z)
        if softmax.best == label { sum.correct1 += 1 }

        let own = (1 - Double(smoothing)) * Double(classWeights?[label] ?? 1)
        let spread = Double(smoothing) / Double(C)
        var loss = own * softmax.loss(z[label])
        if spread > 0 {
            var logits = 0.0
            for c in 0..<C { logits += Double(classWeights?[c] ?? 1) * Double(z[c]) }
            loss += spread * (totalWeight * softmax.logSum - logits)
        }
        sum.loss += weight * loss
        losses?[n] = Float(weight * loss)

        guard let dz else { continue }
        let factor = weight * Double(scale)
        let target = own + spread * totalWeight
        for c in 0..<C {
            let wished = spread * Double(classWeights?[c] ?? 1) + (c == label ? own : 0)
            let p = softmax.probability(z[c])
            dz[c] = Float(factor * (target * p - wished))
        }
    }
    return sum
}

/// The probabilities p_c = exp z_c / Σ exp z of a row of logits, in double precision.
public struct Softmax {
    /// log Σ exp z.
    public let logSum: Double
    /// Place of the largest logit, the first of equals.
    public let best: Int

    /// Looks at the logits `z` of one photo, at least one.
    public init(_ z: UnsafeMutableBufferPointer<Float>) {
        var best = 0
        for c in z.indices where z[c] > z[best] { best = c }
        let largest = Double(z[best])
        var sum = 0.0
        for value in z { sum += exponential(Double(value) - largest) }
        logSum = largest + logarithm(sum)
        self.best = best
    }

    /// The probability of a class with the logit `z`.
    public func probability(_ z: Float) -> Double { exponential(Double(z) - logSum) }

    /// The loss −log p of a class with the logit `z`.
    public func loss(_ z: Float) -> Double { logSum - Double(z) }
}
