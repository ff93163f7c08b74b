import Tensors

/// Layers one after the other.
public struct Sequential: LayerDescription {
    /// The layers in forward order.
    public var layers: [any LayerDescription]

    /// Makes a chain of `layers`.
    public init(_ layers: [any LayerDescription]) { self.layers = layers }

    /// Builds the layers.
    public func build(_ input: Activation, _ builder: inout Builder) -> any Layer {
        var activation = input
        var built: [any Layer] = []
        for layer in layers {
            let next = builder.build(layer, activation)
            built.append(next)
            activation = next.output
        }
        return BuiltSequential(layers: built, output: activation)
    }
}

private final class BuiltSequential: Layer {
    let output: Activation
    private let layers: [any Layer]

    init(layers: [any Layer], output: Activation) {
        self.layers = layers
        self.output = output
    }

    func forward(_ x: Tensor, _ phase: Phase) -> Tensor {
        layers.reduce(x) { $1.forward($0, phase) }
    }

    func backward(_ dy: Tensor) -> Tensor? {
        var gradient: Tensor? = dy
        for layer in layers.reversed() {
            guard let dy = gradient else { return nil }
            gradient = layer.backward(dy)
        }
        return gradient
    }
}
