public import Networks

extension TrainingConfiguration {
    /// The update rule for a shard of `count` elements.
    public func makeOptimizer(count: Int) -> any Optimizer {
        switch optimizer {
        case .sgd:
            SGD(count: count, momentum: momentum, nesterov: nesterov, weightDecay: weightDecay)
        case .rmsprop:
            RMSprop(
                count: count,
                rho: rho,
                momentum: momentum,
                epsilon: epsilon,
                weightDecay: weightDecay
            )
        case .rmspropKeras:
            KerasRMSprop(
                count: count,
                rho: rho,
                momentum: momentum,
                epsilon: epsilon,
                weightDecay: weightDecay
            )
        case .adamw:
            AdamW(
                count: count,
                beta1: beta1,
                beta2: beta2,
                epsilon: epsilon,
                weightDecay: weightDecay
            )
        }
    }

    /// The rate of dropout in training, 0 where the network has none.
    public var dropoutRate: Double { model.dropout(asked: dropout) }

    /// The network for `classes` landmarks.
    public func description(classes: Int) -> ModelDescription {
        ModelDescription(
            architecture: model,
            classes: classes,
            imageSize: imageSize,
            dropout: dropout
        )
    }
}
