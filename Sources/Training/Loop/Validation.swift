import Distributed
import Images
import Networks
import Tensors

/// Evaluations of the held-out photos in the course of a run, and of test photos at its end.
final class Validation {
    private let setup: RunSetup
    private let replica: Replica
    private let recorder: RunRecorder
    /// Features in the place of photos; nil = photos go through the whole network.
    private let features: FeatureCache?
    private let sample: HeldSample

    init(
        _ setup: RunSetup,
        _ replica: Replica,
        _ recorder: RunRecorder,
        _ features: FeatureCache?
    ) {
        self.features = features
        self.setup = setup
        self.replica = replica
        self.recorder = recorder
        sample = HeldSample(setup.photos.held, setup.configuration)
    }

    /// Photos of a batch of an evaluation.
    private var batch: Int { setup.configuration.batch / replica.tree.slices }

    /// What asks the whole network about any photos.
    private func photoEvaluator() -> Evaluator {
        let model =
            features == nil
            ? replica.model
            : Model(
                setup.description,
                freezing: setup.configuration.freezing,
                maximumBatch: batch,
                purpose: .evaluation,
                pool: replica.pool,
                exact: setup.configuration.convolution == .exact,
                values: replica.values.storage
            )
        return Evaluator(
            communicator: replica.communicator,
            model: model,
            plans: setup.plans,
            batch: batch,
            pool: replica.pool
        )
    }

    /// What asks about the photos at some places among those held out.
    private func heldEvaluator(_ places: [Int]) -> Evaluator {
        guard let table = features?.tables?.held else { return photoEvaluator() }
        return Evaluator(
            communicator: replica.communicator,
            model: replica.model,
            batch: batch,
            pool: replica.pool
        ) { [batch] source, requests in
            FeatureLoader(
                table,
                of: source,
                places: places,
                requests: requests,
                maximumBatch: batch
            )
        }
    }

    /// How an evaluation ended, the same on all ranks.
    enum End {
        /// What came out, what was found about the photos held out, and which could not be read.
        case done(EvaluationRecord, Evaluator.Findings, skipped: [SkippedPhoto])
        /// A signal came to some rank.
        case left(signal: Int32)
    }

    /// Whether an evaluation is due after `step` steps.
    func isDue(after step: Int) -> Bool {
        setup.photos.held.count > 0 && setup.course.evaluationIsDue(after: step)
    }

    /// Evaluates the held-out photos, or a sample of them, after `step` steps with the weights, or their running
    /// average, as they are.
    func run(step: Int) throws -> End {
        let begin = ContinuousClock.now
        let held = setup.photos.held
        // The end of a run is judged by all photos, and compared with what came before by the same ones.
        let isLast = step == setup.course.totalSteps
        let judged: any Dataset = isLast ? held : sample
        let evaluator = heldEvaluator(isLast ? Array(0..<held.count) : sample.places)
        let end = try replica.update.withAverage {
            try evaluator.ask(judged, count: judged.count, top: 5, stop: setup.signals?.stop) {
                if replica.isRoot { recorder.tell(.evaluating(done: $0, of: judged.count)) }
            }
        }
        guard case .done(let findings) = end else {
            if case .left(let signal, _) = end { return .left(signal: signal) }
            preconditionFailure("an evaluation is done or left")
        }
        var record = EvaluationRecord(
            try result(findings, of: judged, step: step),
            epoch: setup.course.epoch(of: step - 1) + 1,
            seconds: (ContinuousClock.now - begin).seconds
        )
        if sample.isPart {
            if isLast {
                record.sampleTop1 = sample.top1(findings)
            } else {
                record.sampledFrom = held.count
            }
        }
        let placed = isLast ? findings : sample.placed(findings)
        return .done(record, placed, skipped: findings.skipped)
    }

    /// Evaluates the network once on photos that had no part in training, with the weights of the best
    /// checkpoint, or the last ones where none was evaluated; the network holds those weights afterwards.
    ///
    /// - Parameter progress: told on rank 0 how many photos are done.
    func test(
        _ photos: any Dataset,
        lastStep: Int,
        progress tell: (Int) -> Void
    ) throws -> EvaluationResult {
        let step = try replica.communicator.fromRoot {
            let file = try CheckpointFile(setup.run.path)
            try file.load(into: replica.model.store, average: true)
            return file.metadata?.step ?? lastStep
        }
        try replica.communicator.broadcast(replica.values)
        let findings = try photoEvaluator().run(photos, count: photos.count, top: 5) {
            if replica.isRoot { tell($0) }
        }
        return try result(findings, of: photos, step: step)
    }

    private func result(
        _ findings: Evaluator.Findings,
        of photos: any Dataset,
        step: Int
    ) throws -> EvaluationResult {
        try EvaluationResult(
            findings,
            of: photos,
            trainingCounts: setup.photos.training.countsPerClass,
            model: setup.configuration.model.rawValue,
            checkpoint: RunFolder.name(step: step),
            step: step
        )
    }
}

/// The held-out photos that evaluations in the course of a run take: all, or a sample where they are many.
///
/// The sample is a function of the seed and of the photos' order, so that all evaluations of a run see the
/// same photos and can be compared.
private struct HeldSample: Dataset {
    private let whole: any Dataset
    /// Places of the photos among all held out, in their order.
    let places: [Int]
    let labels: [Int32]
    let countsPerClass: [Int]

    /// Draws the sample of a run.
    init(_ whole: any Dataset, _ configuration: TrainingConfiguration) {
        self.whole = whole
        let most = configuration.evaluateAtMost
        guard most > 0, whole.count > most else {
            places = Array(0..<whole.count)
            labels = whole.labels
            countsPerClass = whole.countsPerClass
            return
        }
        var random = Random(seed: configuration.seed, .sample)
        var order = (0..<whole.count).map { UInt32($0) }
        for place in 0..<most {
            order.swapAt(place, place + random.integer(below: order.count - place))
        }
        places = order.prefix(most).map { Int($0) }.sorted()
        let all = whole.labels
        labels = places.map { all[$0] }
        var counts = [Int](repeating: 0, count: whole.countsPerClass.count)
        for label in labels where counts.indices.contains(Int(label)) { counts[Int(label)] += 1 }
        countsPerClass = counts
    }

    /// Whether there are photos that are not in it.
    var isPart: Bool { places.count < whole.count }

    var count: Int { places.count }
    var classes: ClassIndex { whole.classes }
    func id(_ index: Int) -> String { whole.id(places[index]) }
    func path(_ index: Int) -> String { whole.path(places[index]) }
    func label(_ index: Int) -> Int32 { labels[index] }

    /// What was found about the sample, with the photos' places among all.
    func placed(_ findings: Evaluator.Findings) -> Evaluator.Findings {
        var findings = findings
        for row in findings.outcomes.indices {
            findings.outcomes[row].photo = places[findings.outcomes[row].photo]
        }
        return findings
    }

    /// Share of the sample's photos named rightly, by what was found about all.
    func top1(_ findings: Evaluator.Findings) -> Double {
        let all = whole.labels
        let drawn = Set(places)
        let rows = findings.outcomes.filter { drawn.contains($0.photo) && all[$0.photo] >= 0 }
        let right = rows.count { $0.best.first?.label == all[$0.photo] }
        return Double(right) / Double(max(rows.count, 1))
    }
}
