public import Images

extension EvaluationResult {
    /// Sums up what the network said about the photos of a dataset.
    ///
    /// - Parameters:
    ///   - findings: rows for all photos of the dataset that could be read.
    ///   - photos: the dataset, its labels in the order of the network's classes; −1 = a landmark
    ///     that the network never learned.
    ///   - trainingCounts: photos of each class that were learned from.
    ///   - model: name of the network.
    ///   - checkpoint: name of the checkpoint.
    ///   - step: steps that it was trained for.
    /// - Throws: `TrainingError.data` where no photo shows a known landmark, and
    ///   `TrainingError.diverged` where the network's answers are no numbers.
    public init(
        _ findings: Evaluator.Findings,
        of photos: any Dataset,
        trainingCounts: [Int],
        model: String,
        checkpoint: String,
        step: Int
    ) throws {
        let labels = photos.labels
        var images = [Int](repeating: 0, count: trainingCounts.count)
        var correct = images
        var unknown = 0
        var among5 = 0
        var loss = 0.0
        for row in findings.outcomes {
            let label = labels[row.photo]
            guard label >= 0 else {
                unknown += 1
                continue
            }
            images[Int(label)] += 1
            if row.best.first?.label == label { correct[Int(label)] += 1 }
            if row.best.prefix(5).contains(where: { $0.label == label }) { among5 += 1 }
            loss += Double(row.loss)
        }
        let count = images.reduce(0, +)
        guard count > 0 else {
            throw TrainingError.data(
                "none of the \(photos.count) photos can be read and shows a landmark that the "
                    + "network knows; check that --data belongs to the checkpoint"
            )
        }
        guard loss.isFinite else {
            throw TrainingError.diverged(
                "the network of step \(step) answers with infinities; take an earlier checkpoint, "
                    + "or train anew with a lower --learning-rate or --clip 1"
            )
        }
        self.images = count
        self.correct = correct.reduce(0, +)
        top1 = Double(self.correct) / Double(count)
        top5 = Double(among5) / Double(count)
        self.loss = loss / Double(count)
        gap = try EvaluationResult.gap(findings, photos)
        let shares = images.indices.compactMap {
            images[$0] > 0 ? Double(correct[$0]) / Double(images[$0]) : nil
        }
        macroAccuracy = shares.reduce(0, +) / Double(shares.count)
        skipped = findings.skipped.count
        self.unknown = unknown
        byClassSize = ClassSizes.results(
            images: images,
            correct: correct,
            trainingCounts: trainingCounts
        )
        self.model = model
        self.checkpoint = checkpoint
        self.step = step
    }

    /// GAP of the first answers; a photo that could not be read counts as one without an answer.
    private static func gap(_ findings: Evaluator.Findings, _ photos: any Dataset) throws -> Double
    {
        var truth = [String: Set<Int64>](minimumCapacity: photos.count)
        for (index, label) in photos.labels.enumerated() {
            truth[photos.id(index)] = label >= 0 ? [Int64(label)] : []
        }
        let answers = findings.outcomes.compactMap { row in
            row.best.first.map {
                RankedAnswer(
                    photo: photos.id(row.photo),
                    label: Int64($0.label),
                    score: Double($0.confidence)
                )
            }
        }
        return try globalAveragePrecision(answers, truth: truth)
    }
}
