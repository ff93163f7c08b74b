import Images

/// The settings of photos: which, and how the network sees them.
public struct PhotoSettings: SettingGroup {
    /// Title of the flags in `--help`.
    public static let title = "Photos"

    /// Makes the definitions.
    public init() {}

    /// Folder of photos; nil = built-in landmarks, rendered into the run folder.
    public let data = Setting<String?>(
        "data",
        aliases: ["data-dir", "data-path"],
        "Folder of photos: Google Landmarks files, or one folder per class",
        check: .path,
        inCheckpoints: .always(nil)
    )

    /// Side of the square input in pixels.
    public let imageSize = Setting(
        "image_size",
        aliases: ["img-size"],
        "Side of the square that the network sees, in pixels",
        usual: 128,
        check: .within(1...4096),
        resume: .fixed
    )

    /// How photos become squares.
    public let preprocessing = Setting(
        "preprocessing",
        "How a photo becomes that square",
        usual: Preprocessing.crop,
        resume: .fixed
    )

    /// Mean of red, green and blue that is subtracted from values in [0, 1]; nil = the preprocessing's.
    public let mean = Setting<ChannelValues?>(
        "mean",
        "Mean of red, green and blue in [0, 1], which is subtracted: 0.485,0.456,0.406, or one number for "
            + "all (default: what the weights were trained with, else ImageNet's; stretch: 0)",
        check: .each("numbers from 0 to 1 such as 0.485,0.456,0.406") { (0...1).contains($0) },
        resume: .fixed
    )

    /// Deviation that what is left is divided by; nil = the preprocessing's.
    public let deviation = Setting<ChannelValues?>(
        "std",
        "Standard deviation of the three, which is divided by: 0.229,0.224,0.225, or one number for all "
            + "(default: as for --mean; stretch: 1)",
        check: .each("positive numbers such as 0.229,0.224,0.225") {
            $0 > 0 && Float(1 / (255 * $0)).isFinite
        },
        resume: .fixed
    )

    /// Share of the photo's short side that the centre crop of an evaluation keeps; nil = 224 / 256.
    public let cropFraction = Setting<Double?>(
        "crop_fraction",
        aliases: ["crop-pct"],
        "Share of the photo's short side that the centre crop keeps (default: what the weights were "
            + "trained with, else 0.875)",
        check: .number("a share from 0.1 to 1 such as 0.875") { (0.1...1).contains($0) },
        resume: .fixed
    )

    /// Smallest share of the photo's area that a random resized crop keeps; 1 = no random crop.
    public let minimumScale = Setting(
        "augmentation.minimum_scale",
        flag: "min-scale",
        "Smallest area of a random resized crop, as a fraction of the photo; 1 = centre crop",
        usual: 1.0,
        check: .number("a share above 0 such as 0.35, at most 1") { $0 > 0 && $0 <= 1 }
    )

    /// Probability of mirroring left and right.
    public let flip = Setting(
        "augmentation.flip",
        flag: "flip",
        aliases: ["hflip"],
        "Probability of a random horizontal flip in training",
        usual: 0.0,
        check: .share
    )

    /// Largest relative change of brightness, contrast and saturation; 0 = none.
    public let colourJitter = Setting(
        "augmentation.colour_jitter",
        flag: "colour-jitter",
        aliases: ["color-jitter"],
        "Strength of random brightness, contrast and saturation in training: the largest relative change",
        usual: 0.0,
        check: .share
    )

    /// Probability of erasing a random rectangle.
    public let erasing = Setting(
        "augmentation.erasing",
        flag: "erasing",
        aliases: ["reprob", "random-erase"],
        "Probability of random erasing in training",
        usual: 0.0,
        check: .share
    )

    /// Share of the photos of each class held out where the data come without a test split.
    public let holdOut = Setting(
        "hold_out",
        "Fraction of each class held out for validation where the folder has no test photos",
        usual: 0.2,
        check: .shareBelowOne,
        resume: .fixed
    )

    /// Photos of a folder that are looked into before the first step; of a folder that holds more, none
    /// is, and photos are known by their names instead of their content.
    public let inspectAtMost = Setting(
        "inspect_at_most",
        "Largest folder of which every photo is read before the first step, to find copies and to know "
            + "photos by their content; photos of larger folders are known by name",
        usual: ListedFolder.inspectedAtMost,
        check: .within(0...Int.max)
    )

    /// Largest share of unreadable photos that a run tolerates.
    public let maximumBadPhotos = Setting(
        "maximum_bad_photos",
        flag: "max-bad-photos",
        "Fraction of unreadable photos above which the run ends",
        usual: 0.01,
        check: .share
    )

    /// What is done about classes of unlike size.
    public let balance = Setting(
        "balance",
        "Treatment of class imbalance: weight the loss, or sample rare classes more often",
        usual: Balance.none,
        resume: .fixed
    )
}

/// How a photo becomes the square that a network sees.
public enum Preprocessing: String, CaseIterable, SettingValue {
    /// Random resized crops in training and a centre crop in evaluation, both antialiased and
    /// normalised with ImageNet's mean and deviation where no others are given.
    case crop
    /// The whole photo stretched to the square with plain bilinear interpolation, values in [0, 1] where no
    /// mean and deviation are given.
    case stretch
}

/// What is done about classes of unlike size.
public enum Balance: String, CaseIterable, SettingValue {
    /// Every photo counts the same and is seen once an epoch.
    case none
    /// The loss of a photo is weighted by the inverse frequency of its class.
    case weights
    /// Photos of rare classes are drawn more often.
    case sampling
}

/// Strengths of the random changes that photos undergo in training.
public struct AugmentationSettings: Codable, Sendable, Equatable {
    /// Smallest share of the photo's area that a random resized crop keeps; 1 = no random crop.
    public var minimumScale: Double
    /// Probability of mirroring left and right.
    public var flip: Double
    /// Largest relative change of brightness, contrast and saturation; 0 = none.
    public var colourJitter: Double
    /// Probability of erasing a random rectangle.
    public var erasing: Double

    /// No change at all.
    public static let none = AugmentationSettings(
        minimumScale: 1,
        flip: 0,
        colourJitter: 0,
        erasing: 0
    )

    /// Makes settings from the four strengths.
    public init(minimumScale: Double, flip: Double, colourJitter: Double, erasing: Double) {
        self.minimumScale = minimumScale
        self.flip = flip
        self.colourJitter = colourJitter
        self.erasing = erasing
    }
}

extension TrainingConfiguration {
    /// Random changes in training.
    public var augmentation: AugmentationSettings {
        get {
            AugmentationSettings(
                minimumScale: self.minimumScale,
                flip: self.flip,
                colourJitter: self.colourJitter,
                erasing: self.erasing
            )
        }
        set {
            self.minimumScale = newValue.minimumScale
            self.flip = newValue.flip
            self.colourJitter = newValue.colourJitter
            self.erasing = newValue.erasing
        }
    }
}
