import ArgumentParser
import Files
import Networks
import Training

/// How the weights of a gallery's network are read, as flags: the gallery keeps them.
struct GalleryFlags: ParsableArguments {
    @Option(
        name: TrainingConfiguration.network.model.names,
        help: "The network, for a file that does not say it and whose tensors do not tell."
    )
    var model: Architecture?

    @Option(
        name: TrainingConfiguration.photos.imageSize.names,
        help: "Side of the square input (default: what the file says, else the network's usual)."
    )
    var imageSize: Int?

    @Option(help: "How a photo becomes that square (default: what the file says, else crop).")
    var preprocessing: Preprocessing?

    @Option(help: "Mean of red, green and blue in [0, 1] (default: likewise).")
    var mean: ChannelValues?

    @Option(help: "Standard deviation of the three (default: likewise).")
    var std: ChannelValues?

    @Option(
        name: TrainingConfiguration.photos.cropFraction.names,
        help: "Share of the short side that the centre crop keeps (default: likewise)."
    )
    var cropFraction: Double?

    @Flag(help: "Leave out tensors of the file that the network has no place for.")
    var ignoreSurplus = false

    /// The flags that were given, as on the command line of whatever takes a network.
    var texts: [String] {
        let values: [(flag: String, text: String?)] = [
            ("--model", model?.rawValue),
            ("--image-size", imageSize.map(String.init)),
            ("--preprocessing", preprocessing?.rawValue),
            ("--mean", mean?.text),
            ("--std", std?.text),
            ("--crop-fraction", cropFraction.map { "\($0)" }),
        ]
        return values.flatMap { value in value.text.map { [value.flag, $0] } ?? [] }
            + (ignoreSurplus ? ["--ignore-surplus"] : [])
    }
}

/// The network of a gallery, the same on all ranks, ready to embed photos.
struct GalleryNetwork {
    let source: GallerySource
    let embedder: Embedder

    /// Loads the network that `gallery` is by; a collective call.
    ///
    /// - Parameters:
    ///   - weights: where its weights are now; nil = where they were.
    ///   - change: sets what flags of this launch say of the network.
    /// - Throws: `TrainingError.data` where the weights are not those that the gallery was made with, or photos would
    ///   be prepared otherwise.
    init(
        _ gallery: String,
        weights: String?,
        _ world: World,
        change: (inout NetworkChoice) -> Void = { _ in }
    ) throws {
        let source = try world.fromRoot { try GalleryFile(gallery).source }
        var choice = try world.together {
            try GalleryNetwork.choice(weights ?? source.weights, source.flags, of: gallery)
        }
        change(&choice)
        try world.together {
            guard world.isRoot, !exists(choice.checkpoint) else { return }
            throw TrainingError.files(
                "the weights that \(gallery.shown) was made with are not at \(choice.checkpoint.shown); say with "
                    + "--weights where they are"
            )
        }
        // What there is to say of the weights was said when the gallery was made; the hash tells that they are the same.
        let loaded = try LoadedNetwork(choice, world, part: .trunk, tells: false)
        embedder = loaded.embedder(world)
        self.source = source
        let network = embedder.network
        try world.together {
            guard network.hash != source.network.hash else { return }
            throw TrainingError.data(
                "\(gallery.shown) was made with \(source.network.text), and \(choice.checkpoint.shown) is "
                    + "\(network.text): other weights, or photos prepared otherwise; give those weights with "
                    + "--weights, or make a new gallery"
            )
        }
    }

    /// The network in `weights`, read with `flags`.
    static func choice(
        _ weights: String,
        _ flags: [String],
        of gallery: String
    ) throws -> NetworkChoice {
        do {
            return try NetworkChoice.parse(flags + ["--", weights])
        } catch {
            throw TrainingError.data(
                "\(gallery.shown) names flags that this program does not know, \(flags.joined(separator: " ").shown); "
                    + "use the program that wrote it or a newer one"
            )
        }
    }
}
