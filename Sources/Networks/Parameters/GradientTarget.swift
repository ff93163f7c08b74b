import Tensors

/// The flat gradient that backward writes at the moment.
final class GradientTarget {
    var storage: Storage

    init(_ storage: Storage) { self.storage = storage }
}
