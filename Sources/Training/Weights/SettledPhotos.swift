import Files
import Images
public import Networks

/// How photos are prepared for the weights of a file: as was asked for, else as the file says, else as the
/// network was published.
public struct SettledPhotos: Sendable, Equatable {
    /// Values of flags and of a file of settings; nil = not given.
    public struct Wishes: Sendable, Equatable {
        /// Side of the square input.
        public var imageSize: Int?
        /// The way from photo to square.
        public var preprocessing: Preprocessing?
        /// Mean of red, green and blue in [0, 1].
        public var mean: ChannelValues?
        /// Their deviation.
        public var deviation: ChannelValues?
        /// Share of the short side that the centre crop keeps.
        public var cropFraction: Double?

        /// Nothing asked for.
        public init() {}
    }

    /// Side of the square input.
    public private(set) var imageSize: Int
    /// The way from photo to square.
    public private(set) var preprocessing: Preprocessing
    /// Mean of red, green and blue in [0, 1]; nil = the preprocessing's.
    public private(set) var mean: ChannelValues?
    /// Their deviation; nil = the preprocessing's.
    public private(set) var deviation: ChannelValues?
    /// Share of the short side that the centre crop keeps; nil = `PhotoPlans.usualCropFraction`.
    public private(set) var cropFraction: Double?

    /// What was taken from the file, in words.
    public private(set) var taken: [String] = []
    /// What flags replaced and what was assumed, a line each.
    public private(set) var notes: [String] = []
    private var assumed: [String] = []

    /// Settles how photos are prepared for the `model` whose weights are in `file`.
    public init(_ wishes: Wishes, _ file: CheckpointFile, _ model: Architecture) {
        let (claims, published) = (file.claims, model.published)
        imageSize = published.imageSize
        preprocessing = .crop
        let path = file.path.shown

        /// What was asked for, else what the file says, else what the network was published with.
        func choose<T: SettingValue>(
            _ flag: String,
            _ preposition: String,
            _ given: T?,
            _ said: T?,
            _ usual: T,
            _ words: (T) -> String
        ) -> T {
            if let given, let said, given != said {
                notes.append(
                    "\(path) was trained \(preposition) \(words(said)); \(flag) \(given.text) is taken instead"
                )
            }
            if given == nil {
                if let said { taken.append(words(said)) } else { assumed.append(words(usual)) }
            }
            return given ?? said ?? usual
        }
        imageSize = choose(
            "--image-size",
            "at",
            wishes.imageSize,
            claims.imageSize,
            published.imageSize
        ) { "\($0) pixels" }
        preprocessing = choose(
            "--preprocessing",
            "with",
            wishes.preprocessing,
            claims.preprocessing,
            .crop
        ) { "the preprocessing \($0.rawValue)" }
        // What a description of this program leaves out, and photos that are stretched, have the usual values.
        let isWhole = file.metadata != nil
        let usual = preprocessing.normalisation
        let fallback =
            isWhole || preprocessing == .stretch
            ? usual : Normalisation(mean: published.mean, deviation: published.deviation)
        if claims.mean == nil, wishes.mean == nil, wishes.deviation == nil, !isWhole {
            assumed.append(Self.words(fallback))
        }
        mean = Self.choice(wishes.mean, claims.mean, fallback.mean, usual.mean)
        deviation = Self.choice(
            wishes.deviation,
            claims.deviation,
            fallback.deviation,
            usual.deviation
        )
        tell("mean", wishes.mean, claims.mean, path)
        tell("std", wishes.deviation, claims.deviation, path)
        settleCrop(wishes, claims, published, isWhole: isWhole)
        if let other = claims.interpolation {
            notes.append(
                "\(path) was trained on photos resampled \(other.shown); here it is bilinear, antialiased"
            )
        }
        guard !isWhole, !assumed.isEmpty else { return }
        notes.append(
            "\(path) does not say what photos it was trained on; assumed are "
                + assumed.joined(separator: ", ") + ", as \(model.rawValue) was published "
                + "(--image-size, --preprocessing, --mean, --std and --crop-pct change that)"
        )
    }

    /// nil where it is what the preprocessing has anyway.
    private static func choice(
        _ given: ChannelValues?,
        _ said: ChannelValues?,
        _ fallback: SIMD3<Float>,
        _ usual: SIMD3<Float>
    ) -> ChannelValues? {
        let value = given ?? said ?? ChannelValues(fallback)
        return value.floats == usual ? nil : value
    }

    private mutating func tell(
        _ flag: String,
        _ given: ChannelValues?,
        _ said: ChannelValues?,
        _ path: String
    ) {
        if let given, let said, given.floats != said.floats {
            notes.append(
                "\(path) was trained with the \(flag) \(said.text); --\(flag) \(given.text) is taken instead"
            )
        } else if given == nil, let said {
            taken.append("\(flag) \(said.text)")
        }
    }

    private mutating func settleCrop(
        _ wishes: Wishes,
        _ claims: CheckpointFile.Claims,
        _ published: PublishedPreprocessing,
        isWhole: Bool
    ) {
        let usual = PhotoPlans.usualCropFraction
        let publishedFraction = Double(published.imageSize) / Double(published.resize)
        let fraction =
            wishes.cropFraction ?? claims.cropFraction ?? (isWhole ? usual : publishedFraction)
        cropFraction = fraction == usual ? nil : fraction
        guard preprocessing == .crop, wishes.cropFraction == nil, fraction != usual else { return }
        let words = "a centre crop of \((fraction * 1000).rounded() / 1000) of the short side"
        if claims.cropFraction == nil { assumed.append(words) } else { taken.append(words) }
    }

    private static func words(_ normalisation: Normalisation) -> String {
        guard normalisation != .imageNet else { return "ImageNet's mean and deviation" }
        return "mean \(ChannelValues(normalisation.mean).text) and deviation "
            + ChannelValues(normalisation.deviation).text
    }
}

extension TrainingConfiguration {
    /// Takes what was settled.
    public mutating func take(_ photos: SettledPhotos) {
        self.imageSize = photos.imageSize
        self.preprocessing = photos.preprocessing
        self.mean = photos.mean
        self.deviation = photos.deviation
        self.cropFraction = photos.cropFraction
    }
}

extension PhotoPlans {
    /// Takes what was settled.
    public mutating func take(_ photos: SettledPhotos) {
        imageSize = photos.imageSize
        preprocessing = photos.preprocessing
        mean = photos.mean
        deviation = photos.deviation
        cropFraction = photos.cropFraction
    }
}
