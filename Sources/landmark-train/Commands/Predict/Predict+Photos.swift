import Files
import Images
import Training

/// Which photos are asked about, and which flags go together.
extension Predict {
    /// The photos that are asked about.
    struct Asked {
        var photos: any PhotoSource
        var count: Int
        var remarks = PhotoRemarks()
        /// What each is called in a submission.
        var ids: () -> [String]
    }

    func photosToAsk(_ world: World) throws -> Asked {
        // A gallery brings its network along: what stands in the network's place is a photo.
        let photos = gallery == nil ? photos : [network.checkpoint] + photos
        try world.together {
            try requireGallery()
            try NumberFlag.require(top, "--top", 1...Int.max)
            if let neighbours {
                try NumberFlag.require(neighbours, "--neighbours", NumberFlag.neighbours)
            }
            guard embeddings == nil || neighbours != nil else {
                throw TrainingError.usage("--embeddings is for --neighbours; say how many")
            }
            guard submission == nil || neighbours == nil else {
                throw TrainingError.usage(
                    "--submission has no place for the nearest photos; leave out --neighbours"
                )
            }
            guard csv == nil || (data != nil && photos.isEmpty) else {
                throw TrainingError.usage(
                    "--csv lists the photos of a folder; give the folder as --data, and no photos"
                )
            }
            guard csv != nil || !photos.isEmpty else {
                throw TrainingError.usage("name photos or folders of photos, or a table with --csv")
            }
            guard photos.filter({ $0 == NamedPhotos.standardInput }).count < 2 else {
                throw TrainingError.usage("- (standard input) is named twice; it holds one photo")
            }
        }
        if let csv, let data {
            let listed = try world.together { try openUnlabelled(csv, in: data) }
            return Asked(photos: listed, count: listed.count) {
                (0..<listed.count).map { listed.id($0) }
            }
        }
        let files = try NamedPhotos(photos, world)
        try world.together {
            guard !files.paths.isEmpty else {
                let rest = files.remarks.lines.map { "; \($0)" }.joined()
                throw TrainingError.data("no photo in \(photos.joined(separator: ", "))\(rest)")
            }
        }
        return Asked(photos: files, count: files.paths.count, remarks: files.remarks) {
            Submission.ids(ofPaths: files.paths.indices.map(files.path))
        }
    }

    /// Throws where a heat map is wanted of what names no landmarks by a head.
    func requireNoHeatMap(_ what: String) throws {
        guard heatMap == nil else {
            throw TrainingError.usage(
                "--heat-map shows where a network's head looked; \(what) has none: leave it out"
            )
        }
    }

    /// Throws where flags do not go with a gallery, or go with one alone.
    func requireGallery() throws {
        guard gallery != nil else {
            guard weights == nil else {
                throw TrainingError.usage("--weights is for --gallery; name the network first")
            }
            return
        }
        try requireNoHeatMap("a gallery")
        guard embeddings == nil else {
            throw TrainingError.usage("--gallery has embeddings of its own; leave out --embeddings")
        }
        guard csv == nil else {
            throw TrainingError.usage(
                "--gallery and --csv do not go together; name photos or folders"
            )
        }
        let first = network.checkpoint
        guard RunOfCheckpoint(first).run == nil, Path.fileExtension(of: first) != "safetensors"
        else {
            throw TrainingError.usage(
                "--gallery brings its network along; leave out \(first), or say with --weights where it is now"
            )
        }
    }
}
