import Networks

extension TrainingConfiguration {
    /// Throws what is wrong with the values themselves, before any photo is looked at.
    ///
    /// - Parameter ranks: ranks of this launch, which bound the slices from below.
    public func check(ranks: Int) throws {
        let slices = self.slices ?? ranks
        try number(slices, "--slices", 1...Self.largestBatch)
        try number(batch, "--batch", 1...Self.largestBatch)
        try require(
            slices >= ranks,
            "\(ranks) ranks but only \(slices) slices: a rank would have nothing to do; "
                + "start at most \(slices) ranks or train anew with --slices \(ranks) or more"
        )
        try require(
            batch % slices == 0,
            "a batch of \(batch) cannot be cut into \(slices) equal slices; "
                + "use --batch \(max(1, batch / slices) * slices)"
                + " or --batch \((batch / slices + 1) * slices)"
        )
        try number(epochs, "--epochs", 1...1_000_000)
        try number(steps ?? 1, "--steps", 1...1_000_000_000_000)
        try require(
            imageSize >= model.smallestImage,
            "--image-size is \(imageSize); \(model.rawValue) needs at least \(model.smallestImage)"
        )
        try require(imageSize <= 4096, "--image-size is \(imageSize); at most 4096 is supported")
        try number(referenceBatch ?? 1, "--reference-batch", 1...Self.largestBatch)
        try require(
            learningRate > 0 && Float(scaledLearningRate).isFinite,
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
        try require(
            clip.map { $0 > 0 && Float($0).isFinite } ?? true,
            "--clip is \(clip ?? 0); give a positive norm such as 1"
        )
        try number(weightDecay, "--weight-decay")
        try share(rho, "--rho", below: 1)
        try share(beta1, "--beta1", below: 1)
        try share(beta2, "--beta2", below: 1)
        try number(epsilon, "--epsilon", isPositive: true)
        try number(inverseTimeDecay, "--inverse-time-decay")
        try number(stepEpochs, "--step-epochs", isPositive: true)
        try number(stepFactor, "--step-factor", isPositive: true)
        try number(warmupEpochs, "--warmup-epochs")
        try number(keep, "--keep", 0...1_000_000)
        try number(checkpointEvery ?? 1, "--checkpoint-every", 1...1_000_000_000_000)
        try number(checkpointMinutes, "--checkpoint-minutes")
        try number(evaluateAtMost, "--evaluate-at-most", 0...1_000_000_000_000)
        try number(evaluateEvery, "--evaluate-every", 0...1_000_000)
        for (path, flag) in [(data, "--data"), (weights, "--weights"), (output, "--output")] {
            try require(path != "", "\(flag) is empty; name a folder or file")
        }
        try require(
            !nesterov || momentum > 0,
            "--nesterov needs a momentum above 0; give --momentum 0.9"
        )
    }

    /// More photos than any memory holds at once.
    public static let largestBatch = 1 << 20

    private func number(_ value: Int, _ flag: String, _ range: ClosedRange<Int>) throws {
        try require(
            range.contains(value),
            value < range.lowerBound
                ? "\(flag) is \(value); give at least \(range.lowerBound)"
                : "\(flag) is \(value); at most \(range.upperBound) is possible"
        )
    }

    /// A number that stays finite in single precision, 0 or more.
    private func number(_ value: Double, _ flag: String, isPositive: Bool = false) throws {
        let fits = value >= 0 && Float(value).isFinite && (!isPositive || value > 0)
        try require(
            fits,
            "\(flag) is \(value); give " + (isPositive ? "a positive number" : "0 or more")
                + (value > 1 ? ", not infinitely much" : "")
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
