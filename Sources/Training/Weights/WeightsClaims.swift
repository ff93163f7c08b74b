import Files
public import Images
public import Networks

extension CheckpointFile {
    /// What a file says about its network, as far as it does.
    public struct Claims: Sendable, Equatable {
        /// The network.
        public var architecture: Architecture?
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
        /// How photos were resampled, where it is not as here.
        public var interpolation: String?
        /// The landmarks in the order of the logits.
        public var classes: ClassIndex?
    }
}

extension CheckpointFile.Claims {
    /// What a checkpoint of this program says.
    init(_ metadata: CheckpointMetadata) {
        architecture = metadata.model.architecture
        imageSize = metadata.model.imageSize
        preprocessing = metadata.plans.preprocessing
        mean = metadata.plans.mean
        deviation = metadata.plans.deviation
        cropFraction = metadata.plans.cropFraction
        classes = metadata.classes
    }

    /// What the texts of a file say: in the keys of `ExportTexts`, and as timm (`input_size`, `crop_pct`) and
    /// transformers (`image_mean`, `image_std`, `size`) call the same; what is not understood counts as not
    /// said.
    init(texts: [String: String]) {
        func number(_ key: String) -> Double? { texts[key].flatMap { Double($0) } }
        func channels(_ keys: [String]) -> ChannelValues? {
            keys.lazy.compactMap { texts[$0] }.compactMap { ChannelValues(text: $0) }.first
        }
        architecture = texts["architecture"].flatMap(Self.network)
        let sizes = ["image_size", "input_size", "size", "crop_size"]
        imageSize = sizes.lazy.compactMap { texts[$0] }.compactMap(Self.side).first
        preprocessing = texts["preprocessing"].flatMap(Preprocessing.init)
        let said = (
            mean: channels(["mean", "image_mean"]), deviation: channels(["std", "image_std"])
        )
        // Half of a normalisation is none.
        let settings = TrainingConfiguration.photos
        var values = Recipe.landmark.configuration
        (values.mean, values.deviation) = said
        if said.mean != nil, said.deviation != nil, (try? settings.mean.check(values)) != nil,
            (try? settings.deviation.check(values)) != nil
        {
            (mean, deviation) = said
        }
        let resize = texts["resize"].flatMap { Int($0) }
        let fraction =
            number("crop_pct")
            ?? imageSize.flatMap { side in
                resize.flatMap { $0 >= side ? Double(side) / Double($0) : nil }
            }
        cropFraction = fraction.flatMap { (0.1...1).contains($0) ? $0 : nil }
        interpolation = texts["interpolation"].flatMap { $0 == "bilinear" ? nil : $0 }
    }

    /// The network of that name here, or in timm, which marks those with TensorFlow's padding by `tf_`.
    private static func network(_ name: String) -> Architecture? {
        Architecture(rawValue: name)
            ?? (name.hasPrefix("tf_") ? Architecture(rawValue: String(name.dropFirst(3))) : nil)
    }

    /// A side in pixels from `224`, `[3, 224, 224]` or `224,224`.
    private static func side(_ text: String) -> Int? {
        let numbers = text.split { " ,[]()".contains($0) }.map { Int($0) ?? 0 }
        guard let side = numbers.last, (1...4096).contains(side),
            numbers.count == 1 || numbers[numbers.count - 2] == side
        else { return nil }
        return side
    }
}
