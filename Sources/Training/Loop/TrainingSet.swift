public import Images

/// The photos of a run: what is learned from, what is held out, and the classes of both.
public struct TrainingSet: Sendable {
    /// Photos that are learned from.
    public let training: any Dataset
    /// Photos that are evaluated; may be empty.
    public let held: any Dataset
    /// The classes.
    public let classes: ClassIndex

    /// Puts the two parts together.
    public init(training: any Dataset, held: any Dataset, classes: ClassIndex) {
        self.training = training
        self.held = held
        self.classes = classes
    }
}
