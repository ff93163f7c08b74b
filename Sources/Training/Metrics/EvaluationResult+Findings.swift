public import Images

extension EvaluationResult {
    /// Sums up what the network said about the photos of a dataset.
    ///
    /// - Parameters:
    ///   - findings: rows for all photos of the dataset that could be read.
    ///   - photos: the dataset, its labels in the order of the network's classes; −1 = a landmark
    ///     that the network never learned. Of several landmarks in a photo any may come first.
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
        var nonLandmark = 0
        var among5 = 0
        var loss = 0.0
        for row in findings.outcomes {
            let shown = photos.landmarks(row.photo)
            guard labels[row.photo] >= 0 else {
                if shown.isEmpty { nonLandmark += 1 } else { unknown += 1 }
                continue
            }
            // A photo of several landmarks counts for the one that was named.
            let named = row.best.first.flatMap { shown.contains($0.label) ? $0.label : nil }
            images[Int(named ?? labels[row.photo])] += 1
            if let named { correct[Int(named)] += 1 }
            if row.best.prefix(5).contains(where: { shown.contains($0.label) }) { among5 += 1 }
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
        gap = try EvaluationResult.gap(findings, photos, Array(0..<photos.count))
        let shares = images.indices.compactMap {
            images[$0] > 0 ? Double(correct[$0]) / Double(images[$0]) : nil
        }
        macroAccuracy = shares.reduce(0, +) / Double(shares.count)
        skipped = findings.skipped.count
        self.unknown = unknown
        self.nonLandmark = nonLandmark > 0 ? nonLandmark : nil
        rejection = EvaluationResult.rejection(findings, labels)
        byUsage = try EvaluationResult.byUsage(findings, photos)
        byClassSize = ClassSizes.results(
            images: images,
            correct: correct,
            trainingCounts: trainingCounts
        )
        self.model = model
        self.checkpoint = checkpoint
        self.step = step
    }

    /// What verdicts did; nil where there are none.
    private static func rejection(
        _ findings: Evaluator.Findings,
        _ labels: [Int32]
    ) -> RejectionResult? {
        var result = RejectionResult(known: 0, rejected: 0, unknown: 0, accepted: 0)
        for row in findings.outcomes {
            guard let verdict = row.verdict else { continue }
            if labels[row.photo] >= 0 {
                result.known += 1
                if !verdict.isKnown { result.rejected += 1 }
            } else {
                result.unknown += 1
                if verdict.isKnown { result.accepted += 1 }
            }
        }
        return result.known + result.unknown > 0 ? result : nil
    }

    /// GAP of the first answers about the photos at the places `among`; a photo that could not be read
    /// counts as one without an answer.
    private static func gap(
        _ findings: Evaluator.Findings,
        _ photos: any Dataset,
        _ among: [Int]
    ) throws -> Double {
        // Photos of different folders may have one id.
        func key(_ index: Int) -> String { "\(photos.id(index))\u{0}\(index)" }
        var truth = [String: Set<Int64>](minimumCapacity: among.count)
        for index in among {
            truth[key(index)] = Set(photos.landmarks(index).map(Int64.init))
        }
        let wanted = Set(among)
        let answers = findings.outcomes.compactMap { row in
            wanted.contains(row.photo)
                ? row.named.map {
                    RankedAnswer(
                        photo: key(row.photo),
                        label: Int64($0.label),
                        score: Double($0.confidence)
                    )
                } : nil
        }
        return try globalAveragePrecision(answers, truth: truth)
    }

    /// The main figures of each use that the photos have.
    private static func byUsage(
        _ findings: Evaluator.Findings,
        _ photos: any Dataset
    ) throws -> [UsageResult]? {
        var places: [String: [Int]] = [:]
        for index in 0..<photos.count {
            if let usage = photos.usage(index) { places[usage, default: []].append(index) }
        }
        guard !places.isEmpty else { return nil }
        return try places.sorted { $0.key < $1.key }.map { usage, among in
            let wanted = Set(among)
            let rows = findings.outcomes.filter {
                wanted.contains($0.photo) && photos.label($0.photo) >= 0
            }
            let right = rows.count { row in
                row.best.first.map { photos.landmarks(row.photo).contains($0.label) } ?? false
            }
            let shows = among.contains { !photos.landmarks($0).isEmpty }
            return UsageResult(
                usage: usage,
                images: rows.count,
                top1: rows.isEmpty ? nil : Double(right) / Double(rows.count),
                gap: shows ? try gap(findings, photos, among) : nil
            )
        }
    }
}

/// Buckets of landmarks by the number of photos that they were learned from.
enum ClassSizes {
    /// Largest size of each bucket; one more bucket takes what is larger.
    private static let bounds = [5, 10, 20, 50, 100, 200, 500, 1000]

    /// The bucket of a class of `count` photos.
    static func bucket(_ count: Int) -> Int {
        bounds.firstIndex { count <= $0 } ?? bounds.count
    }

    /// Sums up photos by the size of their class; buckets without photos are left out.
    ///
    /// - Parameters:
    ///   - images: evaluated photos of each class.
    ///   - correct: photos of those that were named rightly.
    ///   - trainingCounts: photos of each class that were learned from.
    static func results(
        images: [Int],
        correct: [Int],
        trainingCounts: [Int]
    ) -> [ClassSizeResult] {
        (0...bounds.count).compactMap { bucket in
            let classes = images.indices.filter {
                images[$0] > 0 && ClassSizes.bucket(trainingCounts[$0]) == bucket
            }
            guard !classes.isEmpty else { return nil }
            let sum = classes.reduce(0) { $0 + images[$1] }
            let right = classes.reduce(0) { $0 + correct[$1] }
            let largest = classes.map { trainingCounts[$0] }.max() ?? 0
            return ClassSizeResult(
                min: bucket == 0 ? 1 : bounds[bucket - 1] + 1,
                max: bucket < bounds.count ? bounds[bucket] : largest,
                classes: classes.count,
                images: sum,
                top1: Double(right) / Double(sum)
            )
        }
    }
}
