extension TrainingConfiguration {
    /// Photos below which a batch of the recipe's size makes too few steps of an epoch.
    static let fewPhotos = 1_000
    /// The batch that suits them.
    static let batchOfFewPhotos = 32

    /// Leaves the length of the course as it was asked for: `minimumSteps` holds where neither the epochs nor
    /// the steps are given, or it is.
    ///
    /// - Parameter given: the keys of the settings that the user gave.
    public mutating func respectCourse(_ given: Set<String>) {
        let course = Self.course
        guard !given.contains(course.minimumSteps.key) else { return }
        if given.contains(course.epochs.key) || given.contains(course.steps.key) {
            self.minimumSteps = nil
        }
    }

    /// Chooses the batch, the epochs, the warm-up and how often is evaluated for a number of photos, where the recipe asks
    /// for a least number of steps.
    ///
    /// What was chosen once is not chosen again: equal settings and photos, as on a resume, change nothing.
    ///
    /// - Parameters:
    ///   - photos: number of photos that are learned from.
    ///   - given: the keys of the settings that the user gave, which stay.
    /// - Returns: what was chosen and why, a line each.
    public mutating func suitCourse(to photos: Int, given: Set<String>) -> [String] {
        guard let least = self.minimumSteps, self.steps == nil, photos > 0 else { return [] }
        var choices: [String] = []
        if photos < Self.fewPhotos, self.batch > Self.batchOfFewPhotos,
            Self.batchOfFewPhotos % (self.slices ?? 1) == 0,
            !given.contains(Self.course.batch.key)
        {
            let usual = self.batch
            self.batch = Self.batchOfFewPhotos
            choices.append(
                "batch \(self.batch) instead of \(usual), since there are fewer than \(Self.fewPhotos) photos "
                    + "(--batch)"
            )
        }
        guard let course = try? Course(self, photos: photos), course.totalSteps < least else {
            return choices
        }
        let usual = self.epochs
        self.epochs = (least + course.stepsPerEpoch - 1) / course.stepsPerEpoch
        var words =
            "\(self.epochs) epochs instead of \(usual), for at least \(least) steps (--min-steps)"
        if self.evaluateEvery > 0, !given.contains(Self.course.evaluateEvery.key) {
            // As many evaluations as the recipe's own epochs would have had.
            let every = self.evaluateEvery * max(1, self.epochs / usual)
            if every != self.evaluateEvery {
                words += ", an evaluation every \(every) (--evaluate-every)"
            }
            self.evaluateEvery = every
        }
        if self.warmupEpochs > 0, !given.contains(Self.optimisation.warmupEpochs.key) {
            // The same share of the course.
            let share = self.warmupEpochs * Double(self.epochs) / Double(usual)
            self.warmupEpochs = (share * 10).rounded() / 10
            words += ", a warm-up of \(self.warmupEpochs.text) (--warmup-epochs)"
        }
        choices.append(words)
        return choices
    }
}
