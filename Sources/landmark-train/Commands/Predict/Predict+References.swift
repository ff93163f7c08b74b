import Files
import Images
import Training

/// Answers by photos whose landmarks are known, where no head names them.
extension Predict {
    /// Answers by the nearest photos alone, where the network names no landmarks; returns the exit code.
    func answer(_ asked: Asked, _ nearest: NearestPhotos, _ world: World) throws -> Int32 {
        if world.isRoot { asked.remarks.lines.forEach(Ending.say) }
        var list = JSONList()
        var skipped = 0
        let part = NearestPhotos.photosAtOnce
        for start in stride(from: 0, to: asked.count, by: part) {
            let range = start..<min(start + part, asked.count)
            let near = try nearest.find(asked.photos, range)
            skipped += near.skipped.count
            try world.together {
                guard world.isRoot else { return }
                for photo in near.skipped {
                    Ending.say("rank 0: cannot read \(photo.path): \(photo.reason)")
                }
                let outcomes = range.filter { near.photos[$0] != nil }.map {
                    PhotoOutcome(photo: $0, loss: .nan, best: [])
                }
                let found = Evaluator.Findings(outcomes: outcomes, skipped: near.skipped)
                try answer(found, asked, ClassIndex(folders: []), near, &list)
            }
        }
        try world.together {
            if world.isRoot, json { try StandardOutput.write(list.end) }
        }
        return skipped == 0 ? 0 : Ending.badData
    }

    /// Answers by a gallery; returns the exit code.
    func answer(_ asked: Asked, by gallery: String, _ world: World) throws -> Int32 {
        let answers = try GalleryAnswers(gallery, weights: weights, world) { network in
            network.engine = self.network.engine
            network.convolution = self.network.convolution
            network.imageSize = self.network.imageSize ?? network.imageSize
            network.preprocessing = self.network.preprocessing ?? network.preprocessing
            network.mean = self.network.mean ?? network.mean
            network.std = self.network.std ?? network.std
            network.cropFraction = self.network.cropFraction ?? network.cropFraction
            network.model = self.network.model ?? network.model
        }
        if world.isRoot { asked.remarks.lines.forEach(Ending.say) }
        var all = Evaluator.Findings(outcomes: [], skipped: [])
        var list = JSONList()
        var skipped = 0
        let part = NearestPhotos.photosAtOnce
        for start in stride(from: 0, to: asked.count, by: part) {
            let found = try answers.find(
                asked.photos,
                start..<min(start + part, asked.count),
                top: top,
                neighbours: neighbours ?? GalleryAnswers.usualNeighbours
            )
            skipped += found.near.skipped.count
            try world.together {
                guard world.isRoot else { return }
                for photo in found.near.skipped {
                    Ending.say("rank 0: cannot read \(photo.path): \(photo.reason)")
                }
                var findings = Evaluator.Findings(outcomes: found.outcomes, skipped: [])
                if nameAll {
                    for index in findings.outcomes.indices {
                        findings.outcomes[index].verdict = nil
                    }
                }
                if submission == nil {
                    try answer(findings, asked, answers.classes, found.near, &list)
                } else {
                    all.outcomes += findings.outcomes
                }
            }
        }
        try world.together {
            guard world.isRoot else { return }
            try finish(all, asked, answers.classes, list)
        }
        return skipped == 0 ? 0 : Ending.badData
    }
}
