import Foundation
import Tensors

/// How a parameter begins.
public enum Initialisation: Sendable, Equatable {
    /// All the same.
    case constant(Float)
    /// Normal around 0.
    case normal(deviation: Float)
    /// Uniform in ±limit.
    case uniform(limit: Float)

    /// Fills `values` with the numbers of block `block` of the parameter `key`.
    func fill(_ values: UnsafeMutableBufferPointer<Float>, seed: UInt64, key: UInt64, block: Int) {
        var random = Random(seed: seed, .initialisation, key, UInt64(block))
        switch self {
        case .constant(let value):
            values.update(repeating: value)
        case .uniform(let limit):
            for index in values.indices { values[index] = random.uniform(-limit, limit) }
        case .normal(let deviation):
            // Box and Muller's pair, both of it used.
            for index in stride(from: 0, to: values.count, by: 2) {
                let radius =
                    sqrt(-2 * log((Double(random.next32()) + 1) * 0x1p-32)) * Double(deviation)
                let angle = 2 * Double.pi * Double(random.next32()) * 0x1p-32
                values[index] = Float(radius * cos(angle))
                if index + 1 < values.count { values[index + 1] = Float(radius * sin(angle)) }
            }
        }
    }
}

/// A rule for the start of a layer's weights and biases.
public enum InitialisationRule: Sendable, Equatable {
    /// Normal of variance 2 / fan-out, zero biases (He et al., 2015): torchvision's convolutions.
    case kaimingFanOut
    /// Normal of variance 2 / fan-in, zero biases: of a depthwise convolution TensorFlow's EfficientNets.
    case kaimingFanIn
    /// Uniform in ±√(6 / (fan-in + fan-out)), zero biases (Glorot and Bengio, 2010): Keras.
    case glorotUniform
    /// Normal of the given deviation, zero biases: torchvision's VGG classifier.
    case normal(Float)
    /// Uniform in ±1/√fan-in, biases too: PyTorch's dense layers.
    case uniformFanIn
    /// Uniform in ±1/√fan-out, zero biases: the heads of EfficientNets.
    case uniformFanOut

    /// The start of the weights.
    func weight(fanIn: Int, fanOut: Int) -> Initialisation {
        switch self {
        case .kaimingFanOut: .normal(deviation: Float((2 / Double(fanOut)).squareRoot()))
        case .kaimingFanIn: .normal(deviation: Float((2 / Double(fanIn)).squareRoot()))
        case .glorotUniform: .uniform(limit: Float((6 / Double(fanIn + fanOut)).squareRoot()))
        case .normal(let deviation): .normal(deviation: deviation)
        case .uniformFanIn: .uniform(limit: Float(1 / Double(fanIn).squareRoot()))
        case .uniformFanOut: .uniform(limit: Float(1 / Double(fanOut).squareRoot()))
        }
    }

    /// The start of the biases.
    func bias(fanIn: Int) -> Initialisation {
        self == .uniformFanIn ? weight(fanIn: fanIn, fanOut: 0) : .constant(0)
    }
}
