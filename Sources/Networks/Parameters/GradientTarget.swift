import Tensors

/// The flat gradient to which backward adds at the moment.
final class GradientTarget {
    var storage: Storage

    init(_ storage: Storage) { self.storage = storage }
}
