import Images
import Networks
import Tensors

/// Softmax cross-entropy with label smoothing and class weights over the photos of a slice.
struct BatchLoss {
    /// Share of the target spread over all classes.
    let smoothing: Float
    /// A weight for each class; nil = all 1.
    let classWeights: [Float]?

    /// The weight of the photos `range`: what the loss of the whole batch is divided by, summed.
    func weight(of photos: LoadedBatch, _ range: Range<Int>) -> Double {
        range.reduce(0) { sum, n in
            let label = Int(photos.labels[n])
            guard label >= 0 else { return sum }
            return sum + Double(photos.weights[n]) * Double(classWeights?[label] ?? 1)
        }
    }

    /// Adds up the losses of the photos `range` and writes their gradient.
    ///
    /// - Parameters:
    ///   - logits: [n, 1, 1, C] for the photos `range`.
    ///   - scale: one over the weight of the whole batch; multiplies the gradient only.
    ///   - dlogits: overwritten with ∂loss/∂logits; nil in evaluation.
    func callAsFunction(
        _ logits: Tensor,
        _ photos: LoadedBatch,
        _ range: Range<Int>,
        scale: Float,
        dlogits: Tensor?
    ) -> LossSum {
        photos.labels.withUnsafeBufferPointer { labels in
            photos.weights.withUnsafeBufferPointer { weights in
                guard let labels = labels.baseAddress, let weights = weights.baseAddress else {
                    return LossSum()
                }
                func sum(_ classWeights: UnsafePointer<Float>?) -> LossSum {
                    softmaxCrossEntropy(
                        logits: logits,
                        labels: labels + range.lowerBound,
                        weights: weights + range.lowerBound,
                        classWeights: classWeights,
                        smoothing: smoothing,
                        scale: scale,
                        dlogits: dlogits,
                        losses: nil
                    )
                }
                guard let classWeights else { return sum(nil) }
                return classWeights.withUnsafeBufferPointer { sum($0.baseAddress) }
            }
        }
    }
}

extension BatchLoss {
    /// The loss of a configuration.
    init(_ configuration: TrainingConfiguration, _ photos: TrainingSet) {
        smoothing = Float(configuration.labelSmoothing)
        classWeights =
            configuration.balance == .weights
            ? Training.classWeights(photos.training.labels, classes: photos.classes.count) : nil
    }
}

/// Weights of classes by inverse frequency, scaled so that their mean over all photos is 1.
///
/// Each class that has photos then has the same share of the whole loss. A class without photos
/// gets 0; labels below 0 are not counted.
public func classWeights(_ labels: [Int32], classes: Int) -> [Float] {
    var counts = [Int](repeating: 0, count: classes)
    for label in labels where label >= 0 { counts[Int(label)] += 1 }
    let photos = counts.reduce(0, +)
    let present = counts.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
    return counts.map { count in
        count > 0 ? Float(Double(photos) / (Double(present) * Double(count))) : 0
    }
}
