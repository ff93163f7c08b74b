import Networks

extension TrainingConfiguration {
    /// Throws what is wrong with the values themselves, before any photo is looked at.
    ///
    /// - Parameter ranks: ranks of this launch, which bound the slices from below.
    public func check(ranks: Int) throws {
        let slices = self.slices ?? ranks
        try require(slices >= 1, "--slices is \(slices); give at least 1")
        try require(
            slices >= ranks,
            "\(ranks) ranks but only \(slices) slices: a rank would have nothing to do; "
                + "start at most \(slices) ranks or train anew with --slices \(ranks) or more"
        )
        try require(batch >= 1, "--batch is \(batch); give at least 1")
        try require(
            batch % slices == 0,
            "a batch of \(batch) cannot be cut into \(slices) equal slices; "
                + "use --batch \(max(1, batch / slices) * slices)"
                + " or --batch \((batch / slices + 1) * slices)"
        )
        try require(epochs >= 1, "--epochs is \(epochs); give at least 1")
        try require(steps.map { $0 >= 1 } ?? true, "--steps is \(steps ?? 0); give at least 1")
        try require(
            imageSize >= model.smallestImage,
            "--image-size is \(imageSize); \(model.rawValue) needs at least \(model.smallestImage)"
        )
        try require(imageSize <= 4096, "--image-size is \(imageSize); at most 4096 is supported")
        try require(
            learningRate > 0 && learningRate.isFinite,
            "--learning-rate is \(learningRate); give a positive number such as 0.1"
        )
        try share(holdOut, "--hold-out", below: 1)
        try share(maximumBadPhotos, "--max-bad-photos")
        try require(
            inspectAtMost >= 0,
            "--inspect-at-most is \(inspectAtMost); give 0 or more"
        )
        try share(labelSmoothing, "--label-smoothing", below: 1)
        try share(momentum, "--momentum", below: 1)
        try share(dropout ?? 0, "--dropout", below: 1)
        try share(ema ?? 0, "--ema", below: 1)
        try share(augmentation.flip, "--flip")
        try share(augmentation.erasing, "--erasing")
        try share(augmentation.colourJitter, "--colour-jitter")
        try share(augmentation.minimumScale, "--min-scale")
        try require(augmentation.minimumScale > 0, "--min-scale is 0; give a share such as 0.35")
        try require(clip.map { $0 > 0 } ?? true, "--clip is \(clip ?? 0); give a positive norm")
        try require(weightDecay >= 0, "--weight-decay is \(weightDecay); give 0 or more")
        try share(rho, "--rho", below: 1)
        try share(beta1, "--beta1", below: 1)
        try share(beta2, "--beta2", below: 1)
        try require(epsilon > 0, "--epsilon is \(epsilon); give a positive number such as 1e-8")
        try require(
            referenceBatch.map { $0 >= 1 } ?? true,
            "--reference-batch is \(referenceBatch ?? 0); give at least 1"
        )
        try require(
            inverseTimeDecay >= 0,
            "--inverse-time-decay is \(inverseTimeDecay); give 0 or more"
        )
        try require(stepEpochs > 0, "--step-epochs is \(stepEpochs); give a positive number")
        try require(stepFactor > 0, "--step-factor is \(stepFactor); give a positive number")
        try require(warmupEpochs >= 0, "--warmup-epochs is \(warmupEpochs); give 0 or more")
        try require(keep >= 0, "--keep is \(keep); give 0 or more")
        try require(
            checkpointEvery.map { $0 >= 1 } ?? true,
            "--checkpoint-every is \(checkpointEvery ?? 0); give at least 1"
        )
        try require(
            checkpointMinutes >= 0 && checkpointMinutes.isFinite,
            "--checkpoint-minutes is \(checkpointMinutes); give 0 or more"
        )
        try require(
            evaluateAtMost >= 0,
            "--evaluate-at-most is \(evaluateAtMost); give 0 for all photos, or how many"
        )
        try require(evaluateEvery >= 0, "--evaluate-every is \(evaluateEvery); give 0 or more")
        try require(
            !nesterov || momentum > 0,
            "--nesterov needs a momentum above 0; give --momentum 0.9"
        )
    }

    private func share(_ value: Double, _ flag: String, below bound: Double? = nil) throws {
        let fits = value >= 0 && (bound.map { value < $0 } ?? (value <= 1))
        let range = bound == nil ? "from 0 to 1" : "from 0 to below 1"
        try require(fits, "\(flag) is \(value); give a number \(range)")
    }

    private func require(_ holds: Bool, _ message: String) throws {
        guard holds else { throw TrainingError.usage(message) }
    }
}
