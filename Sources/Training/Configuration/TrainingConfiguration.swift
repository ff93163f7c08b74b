import Foundation
import Images
public import Networks

/// Everything that decides what a run computes and where it is kept.
///
/// A configuration starts as a recipe, is overridden by a file and by flags, is printed at the
/// start and stored as `config.json`, which is itself a valid `--config` file. Two runs of equal
/// configurations on equal photos give equal checkpoints, bit for bit, on any number of ranks.
public struct TrainingConfiguration: Codable, Sendable, Equatable {
    /// The recipe that the other values started from.
    public var recipe: Recipe

    // MARK: Photos

    /// Folder of photos; nil = built-in landmarks, rendered into the run folder.
    public var data: String?
    /// Share of the photos of each class held out where the data come without a test split.
    public var holdOut = 0.2
    /// Photos of a folder that are looked into before the first step; of a folder that holds more, none
    /// is, and photos are known by their names instead of their content.
    public var inspectAtMost = ListedFolder.inspectedAtMost
    /// Largest share of unreadable photos that a run tolerates.
    public var maximumBadPhotos = 0.01
    /// What is done about classes of unlike size.
    public var balance = Balance.none
    /// How photos become squares.
    public var preprocessing = Preprocessing.crop
    /// Random changes in training.
    public var augmentation = AugmentationSettings.none

    // MARK: Network

    /// The network.
    public var model: Architecture
    /// Side of the square input in pixels.
    public var imageSize: Int
    /// Dropout rate where the network has dropout; nil = the network's own.
    public var dropout: Double?
    /// File of weights to start from, safetensors or PyTorch's; nil = random weights.
    public var weights: String?
    /// Whether tensors of that file that the network has no place for are left out.
    public var ignoreSurplus = false
    /// Which algorithms convolutions may use.
    public var convolution = ConvolutionMode.fast

    // MARK: Optimisation

    /// The update rule.
    public var optimizer = OptimizerKind.sgd
    /// Learning rate at the top of the schedule, for a batch of `referenceBatch`.
    public var learningRate: Double
    /// The learning rate is multiplied by `batch / referenceBatch`; nil = used as it is.
    public var referenceBatch: Int?
    /// Momentum of SGD and RMSprop.
    public var momentum = 0.9
    /// Nesterov's form of momentum, with SGD.
    public var nesterov = false
    /// Decay of RMSprop's mean of squares.
    public var rho = 0.9
    /// Decay of AdamW's first moment.
    public var beta1 = 0.9
    /// Decay of AdamW's second moment.
    public var beta2 = 0.999
    /// Smallest divisor of RMSprop and AdamW.
    public var epsilon = 1e-8
    /// Weight decay, not applied to biases and norms.
    public var weightDecay = 0.0
    /// Course of the learning rate.
    public var schedule = ScheduleKind.constant
    /// Epochs of linear warm-up.
    public var warmupEpochs = 0.0
    /// Rate of the inverse-time schedule: lr / (1 + decay · step).
    public var inverseTimeDecay = 0.0
    /// Epochs between drops of the step schedule.
    public var stepEpochs = 10.0
    /// Factor of a drop of the step schedule.
    public var stepFactor = 0.1
    /// Share of the target spread evenly over all classes.
    public var labelSmoothing = 0.0
    /// Largest norm of the gradient; nil = not clipped.
    public var clip: Double?
    /// Decay of the running average of weights that is evaluated and exported; nil = none.
    public var ema: Double?

    // MARK: Course

    /// Photos of one step, over all ranks.
    public var batch: Int
    /// Logical ranks that the batch is cut into; nil = the ranks of the first launch.
    public var slices: Int?
    /// Passes over the photos.
    public var epochs: Int
    /// Steps in all; nil = as many as the epochs have.
    public var steps: Int?
    /// Leave out the last, smaller batch of each epoch that has a full one.
    public var dropLast = false
    /// Seed of all random numbers.
    public var seed: UInt64 = 1

    // MARK: Keeping

    /// Run folder; nil = `runs/<time>-<model>`.
    public var output: String?
    /// Steps between checkpoints, besides the one that ends each epoch; nil = none besides.
    public var checkpointEvery: Int?
    /// Minutes after which a checkpoint is written besides; 0 = the clock asks for none.
    public var checkpointMinutes = 10.0
    /// Checkpoints kept besides the latest and the best.
    public var keep = 2
    /// Epochs between evaluations; 0 = only at the end.
    public var evaluateEvery = 1
    /// Most photos of an evaluation in the course of a run, whose end takes all; 0 = all.
    ///
    /// Of 10,000 the standard error of a share is at most half a per cent.
    public var evaluateAtMost = 10_000

    /// Makes a configuration of the values without a default.
    init(
        recipe: Recipe,
        model: Architecture,
        imageSize: Int,
        learningRate: Double,
        batch: Int,
        epochs: Int
    ) {
        self.recipe = recipe
        self.model = model
        self.imageSize = imageSize
        self.learningRate = learningRate
        self.batch = batch
        self.epochs = epochs
    }

    /// The part that decides what is computed, without where and how often it is kept.
    ///
    /// Checkpoints carry this, so that equal runs in different folders write equal files.
    public var withoutPlaces: TrainingConfiguration {
        var copy = self
        copy.data = nil
        copy.output = nil
        copy.weights = nil
        copy.ignoreSurplus = false
        copy.checkpointEvery = nil
        copy.checkpointMinutes = 0
        copy.keep = 0
        return copy
    }

    /// Learning rate at the top of the schedule for this batch (linear scaling; Goyal et al.,
    /// "Accurate, Large Minibatch SGD", 2017).
    public var scaledLearningRate: Double {
        guard let referenceBatch else { return learningRate }
        return learningRate * Double(batch) / Double(referenceBatch)
    }
}
