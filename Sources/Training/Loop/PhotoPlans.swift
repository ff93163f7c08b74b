public import Images
import Tensors

/// How the photos of a run are cut, recoloured and normalised, in training and in evaluation.
///
/// Checkpoints carry these settings, so that a photo asked about later is seen as in training.
public struct PhotoPlans: Codable, Sendable, Equatable {
    /// Side of the square input.
    public var imageSize: Int
    /// The way from photo to square.
    public var preprocessing: Preprocessing
    /// Random changes in training.
    public var augmentation: AugmentationSettings
    /// Mean of red, green and blue in [0, 1]; nil = the preprocessing's.
    public var mean: ChannelValues?
    /// Their deviation; nil = the preprocessing's.
    public var deviation: ChannelValues?
    /// Share of the short side that the centre crop keeps; nil = `usualCropFraction`.
    public var cropFraction: Double?

    /// The share of torchvision's centre crop, 224 of 256.
    public static let usualCropFraction = 0.875

    /// The plans of a configuration.
    public init(_ configuration: TrainingConfiguration) {
        imageSize = configuration.imageSize
        preprocessing = configuration.preprocessing
        augmentation = configuration.augmentation
        mean = configuration.mean
        deviation = configuration.deviation
        cropFraction = configuration.cropFraction
    }

    /// Plans for a network of which only the input size is known, such as torchvision's.
    public init(imageSize: Int) {
        self.imageSize = imageSize
        preprocessing = .crop
        augmentation = .none
    }

    /// The values that pixels are given.
    public var normalisation: Normalisation {
        let usual = preprocessing.normalisation
        return Normalisation(
            mean: mean?.floats ?? usual.mean,
            deviation: deviation?.floats ?? usual.deviation
        )
    }

    /// What happens to a photo in training, in this order.
    public var training: [any Augmentation] {
        var chain: [any Augmentation] = []
        switch preprocessing {
        case .crop where augmentation.minimumScale < 1:
            chain.append(RandomResizedCrop(scale: augmentation.minimumScale...1))
        case .crop: chain.append(evaluationCrop)
        case .stretch: chain.append(Stretch())
        }
        if augmentation.flip > 0 {
            chain.append(HorizontalFlip(probability: Float(augmentation.flip)))
        }
        if augmentation.colourJitter > 0 {
            let strength = Float(augmentation.colourJitter)
            chain.append(
                ColourJitter(brightness: strength, contrast: strength, saturation: strength)
            )
        }
        if augmentation.erasing > 0 {
            chain.append(RandomErasing(probability: Float(augmentation.erasing)))
        }
        return chain
    }

    /// What happens to a photo in evaluation.
    public var evaluation: [any Augmentation] {
        switch preprocessing {
        case .crop: [evaluationCrop]
        case .stretch: [Stretch()]
        }
    }

    /// The centre crop, by default torchvision's: 224 of 256, in proportion.
    private var evaluationCrop: any Augmentation {
        ShortSideCenterCrop(resize: shortSide, crop: imageSize)
    }

    /// Short side of the photo that the square is cut from in evaluation.
    var shortSide: Int {
        Int((Double(imageSize) / keptFraction).rounded())
    }

    /// Share of that side which the square has.
    var keptFraction: Double { cropFraction ?? Self.usualCropFraction }
}

extension Preprocessing {
    /// The values that pixels are given where no mean and deviation are: ImageNet's, or 0…1.
    var normalisation: Normalisation {
        switch self {
        case .crop: .imageNet
        case .stretch: .unit
        }
    }
}
