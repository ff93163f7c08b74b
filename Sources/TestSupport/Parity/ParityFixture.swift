/// What torchvision's or timm's model computes with the weights and photos of `SharedValues`, in double
/// precision.
public struct ParityFixture: Decodable, Sendable {
    /// What is known of a parameter's gradient.
    public struct Gradient: Decodable, Sendable {
        /// Euclidean norm.
        public let norm: Double
        /// Largest magnitude.
        public let largest: Double
        /// Σ gradient · the shared values named "projection " and the parameter's name.
        public let projection: Double
        /// Entries at even distances, the first and the last among them; all where they are few.
        public let entries: [Double]
    }

    /// Settings of an optimizer and the losses before each of five updates.
    public struct Course: Decodable, Sendable {
        /// Learning rate.
        public let learningRate: Double
        /// Momentum; Nesterov's with SGD.
        public let momentum: Double
        /// Decay of weights, not of biases and norms.
        public let weightDecay: Double
        /// RMSprop's smoothing.
        public let alpha: Double?
        /// RMSprop's summand, outside of the root.
        public let epsilon: Double?
        /// Mean losses.
        public let losses: [Double]
    }

    /// Number of classes.
    public let classes: Int
    /// Name of the shared values that are the photos.
    public let photos: String
    /// Side of the photos.
    public let imageSize: Int
    /// Classes of the photos.
    public let labels: [Int32]
    /// Logits with running statistics, photo after photo.
    public let evaluationLogits: [Double]
    /// Logits with the batch's statistics.
    public let trainingLogits: [Double]
    /// Mean loss in training.
    public let loss: Double
    /// Gradients of the mean loss.
    public let gradients: [String: Gradient]
    /// The first running statistics after one training pass.
    public let statisticsAfterOneStep: [String: [Double]]
    /// torch.optim.SGD, with Nesterov's momentum; of some networks.
    public let sgd: Course?
    /// torch.optim.RMSprop; of some networks.
    public let rmsprop: Course?
}
