import ArgumentParser
import Training

/// Flags about photos.
struct PhotoFlags: ParsableArguments {
    @Option(help: "Folder of photos: Google Landmarks files, or one folder per class.")
    var data: String?

    @Option(help: "Side of the square that the network sees, in pixels.")
    var imageSize: Int?

    @Option(help: "How a photo becomes that square.")
    var preprocessing: Preprocessing?

    @Option(help: "Smallest share of a photo that a random crop keeps; 1 = no random crop.")
    var minScale: Double?

    @Option(help: "Probability of mirroring a photo in training.")
    var flip: Double?

    @Option(help: "Largest relative change of brightness, contrast and saturation in training.")
    var colourJitter: Double?

    @Option(help: "Probability of erasing a random rectangle in training.")
    var erasing: Double?

    @Option(help: "Share of each class held out where the data have no test photos.")
    var holdOut: Double?

    @Option(
        help: ArgumentHelp(
            "Photos to look into before the first step, which finds copies and knows photos by their "
                + "content; larger folders are taken by name (default: 200000)."
        )
    )
    var inspectAtMost: Int?

    @Option(help: "Share of unreadable photos that ends the run when passed.")
    var maxBadPhotos: Double?

    @Option(help: "What to do about rare classes.")
    var balance: Balance?

    func apply(to configuration: inout TrainingConfiguration) {
        if let data { configuration.data = data }
        if let imageSize { configuration.imageSize = imageSize }
        if let preprocessing { configuration.preprocessing = preprocessing }
        if let minScale { configuration.augmentation.minimumScale = minScale }
        if let flip { configuration.augmentation.flip = flip }
        if let colourJitter { configuration.augmentation.colourJitter = colourJitter }
        if let erasing { configuration.augmentation.erasing = erasing }
        if let holdOut { configuration.holdOut = holdOut }
        if let inspectAtMost { configuration.inspectAtMost = inspectAtMost }
        if let maxBadPhotos { configuration.maximumBadPhotos = maxBadPhotos }
        if let balance { configuration.balance = balance }
    }
}
