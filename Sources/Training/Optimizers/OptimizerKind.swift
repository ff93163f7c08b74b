/// The update rule.
public enum OptimizerKind: String, CaseIterable, SettingValue {
    /// Stochastic gradient descent with momentum, PyTorch's.
    case sgd
    /// RMSprop, PyTorch's.
    case rmsprop
    /// RMSprop as TensorFlow's Keras 2 defines it.
    case rmspropKeras = "rmsprop-keras"
    /// Adam with decoupled weight decay, PyTorch's.
    case adamw
}
