import ArgumentParser
import Files
import Images
import Reporting
import Training

/// `landmark-train gallery remove`.
struct GalleryRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Take a landmark, or single photos, out of a gallery.",
        discussion: """
            A photo is named by the path that gallery list --photos shows, or by a file of the same content. A \
            landmark goes with its last photo.
            """
    )

    @Argument(help: ArgumentHelp("The gallery.", valueName: "gallery"))
    var gallery: String

    @Argument(help: "Photos to take out.")
    var photos: [String] = []

    @Option(
        help: ArgumentHelp("The landmark to take out with all its photos.", valueName: "landmark")
    )
    var name: String?

    @OptionGroup var machine: MachineFlags

    func run() {
        World.launch(threads: machine.threads) { world in
            try world.together {
                guard world.isRoot else { return }
                guard photos.isEmpty != (name == nil) else {
                    throw TrainingError.usage(
                        "give either photos to take out, or a landmark with --name"
                    )
                }
                let (count, notes) = try Gallery.change(gallery, say: Ending.say) { gallery in
                    let places =
                        try name.map { try landmark($0, gallery) } ?? chosen(gallery, world)
                    let before = gallery.calibration
                    gallery.remove(places, world.pool)
                    return (places.count, GalleryNotes(gallery, before: before))
                }
                notes.remarks.forEach(Ending.say)
                try StandardOutput.print(
                    "\(gallery.readable): \(Figures.count(count, "photo")) taken out; \(notes.totals)"
                )
            }
            return 0
        }
    }

    private func landmark(_ name: String, _ gallery: Gallery) throws -> Set<Int> {
        guard let landmark = gallery.landmarks.firstIndex(where: { $0.name == name }) else {
            let known = gallery.landmarks.prefix(5).map(\.name.shown).joined(separator: ", ")
            throw TrainingError.data(
                "\(self.gallery) has no landmark \(name.shown)"
                    + (known.isEmpty
                        ? "; it is empty"
                        : "; it has \(known)" + (gallery.landmarks.count > 5 ? ", …" : ""))
            )
        }
        return Set(gallery.photos.indices.filter { gallery.photos[$0].landmark == landmark })
    }

    private func chosen(_ gallery: Gallery, _ world: World) throws -> Set<Int> {
        let facts = inspectPhotos(photos, world.pool)
        var places: Set<Int> = []
        for (path, fact) in zip(photos, facts) {
            let absolute = Path.absolute(path)
            let found = gallery.photos.indices.filter { place in
                let photo = gallery.photos[place]
                return photo.path == path || photo.path == absolute
                    || (fact.hash.map { $0 == photo.hash } ?? false)
            }
            guard !found.isEmpty else {
                throw TrainingError.data(
                    "\(path.shown) is not in \(self.gallery), neither by its path nor by its content; nothing "
                        + "was taken out"
                )
            }
            places.formUnion(found)
        }
        return places
    }
}
