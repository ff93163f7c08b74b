import Tensors

/// What networks for small processors are made of.
extension Graph {
    /// A convolution without bias `name`.0, a batch norm `name`.1 and an activation, as torchvision names them.
    ///
    /// The border is such that a stride of 1 keeps the size.
    mutating func normedConvolution(
        _ x: Value,
        _ name: String,
        _ channels: Int,
        kernel: Int = 1,
        stride: Int = 1,
        norm: BatchNorm = BatchNorm(),
        _ kind: Activation
    ) -> Value {
        let y = convolution(
            x,
            name + ".0",
            channels,
            kernel: kernel,
            stride: stride,
            padding: .symmetric(kernel / 2)
        )
        return activation(append(name + ".1", norm, y), name + ".2", kind)
    }

    /// The same with a filter for each of the `channels` of `x`.
    mutating func normedDepthwise(
        _ x: Value,
        _ name: String,
        _ channels: Int,
        kernel: Int,
        stride: Int,
        norm: BatchNorm = BatchNorm(),
        _ kind: Activation
    ) -> Value {
        let y = depthwise(
            x,
            name + ".0",
            channels,
            kernel: kernel,
            stride: stride,
            padding: .symmetric(kernel / 2)
        )
        return activation(append(name + ".1", norm, y), name + ".2", kind)
    }

    /// Squeeze and excitation (Hu et al., 2018): each channel times a gate that two dense layers compute from
    /// the means of all channels.
    ///
    /// - Parameters:
    ///   - channels: those of `x`.
    ///   - squeezed: channels between the layers.
    ///   - inner: the activation between the layers.
    ///   - outer: the activation that makes the gate.
    mutating func squeezeAndExcitation(
        _ x: Value,
        _ name: String,
        channels: Int,
        squeezed: Int,
        _ inner: Activation,
        _ outer: Activation
    ) -> Value {
        var gate = averagePool(x, name + ".avgpool")
        gate = convolution(gate, name + ".fc1", squeezed, kernel: 1, bias: true)
        gate = activation(gate, name + ".activation", inner)
        gate = convolution(gate, name + ".fc2", channels, kernel: 1, bias: true)
        gate = activation(gate, name + ".scale_activation", outer)
        return scaleChannels(x, by: gate, name)
    }

    /// The means of all channels, dropout, and a dense layer `name`, [N, H, W, C] → [N, 1, 1, classes].
    mutating func pooledClassifier(
        _ x: Value,
        _ name: String,
        _ options: NetworkOptions,
        rule: InitialisationRule
    ) -> Value {
        let pooled = dropout(averagePool(x, "avgpool"), "dropout", rate: options.dropout)
        return dense(pooled, name, options.classes, rule: rule, isHead: true)
    }
}

/// `value` as a multiple of 8 channels, at least 8 and not less than nine tenths of it.
func channels(_ value: Double) -> Int {
    let rounded = max(8, Int(value + 4) / 8 * 8)
    return Double(rounded) < 0.9 * value ? rounded + 8 : rounded
}
