public import Distributed
public import Images
public import Networks
public import Tensors

/// What the network said about one photo.
public struct PhotoOutcome: Codable, Sendable, Equatable {
    /// A class that the network named.
    public struct Answer: Codable, Sendable, Equatable {
        /// The class.
        public var label: Int32
        /// Its probability.
        public var confidence: Float

        /// Names a class.
        public init(label: Int32, confidence: Float) {
            self.label = label
            self.confidence = confidence
        }
    }

    /// Place of the photo in its dataset.
    public var photo: Int
    /// Cross-entropy of the true class; NaN where the photo has no known one.
    public var loss: Float
    /// The likeliest classes, best first, with their probabilities.
    public var best: [Answer]
    /// Whether the photo shows a known landmark at all; nil = that was not asked.
    public var verdict: Verdict?

    /// Whether a photo shows a known landmark, by the threshold that `calibrate` found.
    public struct Verdict: Codable, Sendable, Equatable {
        /// The largest cosine of the photo's direction with a landmark's, as of `LandmarkMeans`.
        public var score: Float
        /// Whether that is enough.
        public var isKnown: Bool

        /// Judges a score.
        public init(_ score: Float, _ calibration: Calibration) {
            self.score = score
            isKnown = calibration.names(score)
        }
    }

    /// The landmark that the photo is said to show; nil where it is said to show none that is known.
    public var named: Answer? { verdict?.isKnown ?? true ? best.first : nil }

    /// Makes an outcome of its parts.
    public init(photo: Int, loss: Float, best: [Answer]) {
        self.photo = photo
        self.loss = loss
        self.best = best
    }

    /// Whether all fields are equal.
    public static func == (a: PhotoOutcome, b: PhotoOutcome) -> Bool {
        a.photo == b.photo && a.loss.bitPattern == b.loss.bitPattern
            && a.best == b.best && a.verdict == b.verdict
    }
}

/// Runs a network over photos, shared among ranks, each photo exactly once.
///
/// Photos are cut into batches of a fixed size and batch k goes to rank k mod R, so that a photo
/// always stands in the same batch and gets the same bits, on any number of ranks.
public struct Evaluator {
    private let communicator: any Communicator
    private let model: Model
    private let batch: Int
    private let pool: ThreadPool
    private let makeBatches: (any PhotoSource, [BatchRequest]) -> any BatchSource

    /// Makes an evaluator that feeds `model` with batches of `batch` photos.
    public init(
        communicator: any Communicator,
        model: Model,
        plans: PhotoPlans,
        batch: Int,
        pool: ThreadPool
    ) {
        self.init(communicator: communicator, model: model, batch: batch, pool: pool) {
            BatchLoader(
                source: $0,
                requests: $1,
                maximumBatch: batch,
                imageSize: plans.imageSize,
                augmentations: plans.evaluation,
                normalisation: plans.normalisation,
                seed: 0,
                threads: pool.threads
            )
        }
    }

    /// Makes an evaluator that feeds `model` with what `batches` gives for some photos.
    init(
        communicator: any Communicator,
        model: Model,
        batch: Int,
        pool: ThreadPool,
        batches: @escaping (any PhotoSource, [BatchRequest]) -> any BatchSource
    ) {
        self.communicator = communicator
        self.model = model
        self.batch = batch
        self.pool = pool
        makeBatches = batches
    }

    /// What all ranks found, on every rank, in the order of the photos.
    public struct Findings: Codable, Sendable {
        /// A row for each photo that could be read.
        public var outcomes: [PhotoOutcome]
        /// The photos that could not.
        public var skipped: [SkippedPhoto]

        /// Makes findings of their parts.
        public init(outcomes: [PhotoOutcome], skipped: [SkippedPhoto]) {
            self.outcomes = outcomes
            self.skipped = skipped
        }

        /// What was found about the photos `range`, counted from its beginning; photos that could not be
        /// read go with the first.
        public func part(_ range: Range<Int>) -> Findings {
            let own = outcomes.filter { range.contains($0.photo) }.map { outcome in
                var moved = outcome
                moved.photo -= range.lowerBound
                return moved
            }
            return Findings(outcomes: own, skipped: range.lowerBound == 0 ? skipped : [])
        }
    }

    /// How asking ended, the same on all ranks.
    public enum End: Sendable {
        /// All photos were asked about.
        case done(Findings)
        /// A signal came to some rank after so many photos.
        case left(signal: Int32, photos: Int)
    }

    /// Asks the network about all `count` photos of `source`.
    ///
    /// - Parameters:
    ///   - top: number of classes to report for each photo, at most as many as there are.
    ///   - stop: a request to leave; nil = none comes.
    ///   - progress: called with the number of photos that all ranks are through with.
    /// - Throws: where the request came, `TrainingError.rank` with 128 + the signal, as shells have it.
    public func run(
        _ source: any PhotoSource,
        count: Int,
        top: Int,
        stop: Interruption? = nil,
        progress: (Int) -> Void = { _ in }
    ) throws -> Findings {
        switch try ask(source, count: count, top: top, stop: stop, progress: progress) {
        case .done(let findings): return findings
        case .left(let signal, let photos):
            throw TrainingError.rank(
                0,
                code: 128 + signal,
                "stopped by \(StopSignals.name(signal)) after \(photos) of \(count) photos, without a result"
            )
        }
    }

    /// The same, and nothing thrown where the request came.
    public func ask(
        _ source: any PhotoSource,
        count: Int,
        top: Int,
        stop: Interruption? = nil,
        progress: (Int) -> Void = { _ in }
    ) throws -> End {
        let batches = (count + batch - 1) / batch
        let own = stride(from: communicator.rank, to: batches, by: communicator.size)
        let requests = own.map { k in
            BatchRequest(
                samples: Array(k * batch..<min(count, (k + 1) * batch)),
                epoch: 0
            )
        }
        let loader = makeBatches(source, requests)
        defer { loader.stop() }
        let top = min(top, model.output.C)
        var findings = Findings(outcomes: [], skipped: [])
        var next = 0
        var round = Round()
        try model.withConstantWeights {
            // Ranks meet between rounds of batches, so that a request or a failure of one is known to all.
            while round.photos < count {
                let begin = ContinuousClock.now
                let end = min(next + round.batches, requests.count)
                var photos = 0
                let outcome = Result {
                    while next < end, !(stop?.isRequested ?? false) {
                        guard
                            let found = try ask(requests[next], loader, top: top, stop: stop)
                        else { return }
                        findings.outcomes += found.outcomes
                        findings.skipped += found.skipped
                        photos += requests[next].samples.count
                        next += 1
                    }
                }
                let seconds = (ContinuousClock.now - begin).seconds / Double(round.batches)
                var own = Round.Report(photos: photos, signal: stop?.reason ?? 0)
                // About a second, by the clock of rank 0.
                own.nextBatches = Int(min(max(1 / max(seconds, 1e-3), 1), 64))
                if case .failure = outcome { own.isFailed = true }
                let all = try communicator.gather(own)
                if all.contains(where: \.isFailed) { try communicator.together(outcome.get) }
                round.add(all)
                progress(round.photos)
                if round.signal != 0 { return }
            }
        }
        if round.signal != 0 { return .left(signal: round.signal, photos: round.photos) }
        let all = try communicator.gather(findings)
        return .done(
            Findings(
                outcomes: all.flatMap(\.outcomes).sorted { $0.photo < $1.photo },
                skipped: all.flatMap(\.skipped).sorted { $0.path < $1.path }
            )
        )
    }

    /// What was found about one batch; nil where the request came before all of it was.
    private func ask(
        _ request: BatchRequest,
        _ loader: any BatchSource,
        top: Int,
        stop: Interruption?
    ) throws -> Findings? {
        let batch = try loader.next(unless: { stop?.isRequested ?? false })
        guard let batch else { return nil }
        defer { loader.release(batch) }
        let logits = pool.leaving(on: stop) { model.forward(batch.images, .evaluation) }
        guard let logits else { return nil }
        return Findings(
            outcomes: outcomes(logits, batch, request, top: top),
            skipped: batch.skipped
        )
    }

    /// How far all ranks are, and how many batches each takes before they meet again.
    private struct Round {
        var batches = 1
        var photos = 0
        var signal: Int32 = 0

        /// What a round came to on a rank.
        struct Report: Codable, Sendable {
            var photos: Int
            var signal: Int32
            var nextBatches = 1
            var isFailed = false
        }

        /// Adds what a round came to on all ranks; the highest signal is the run's.
        mutating func add(_ ranks: [Report]) {
            photos += ranks.reduce(0) { $0 + $1.photos }
            batches = ranks[0].nextBatches
            signal = ranks.map(\.signal).max() ?? 0
        }
    }

    /// What the network says about the photos of a batch that could be read.
    private func outcomes(
        _ logits: Tensor,
        _ batch: LoadedBatch,
        _ request: BatchRequest,
        top: Int
    ) -> [PhotoOutcome] {
        request.samples.enumerated().compactMap { n, photo in
            guard batch.weights[n] > 0 else { return nil }
            return outcome(logits.images(n..<n + 1), photo, label: batch.labels[n], top: top)
        }
    }

    private func outcome(_ logits: Tensor, _ photo: Int, label: Int32, top: Int) -> PhotoOutcome {
        let z = logits.buffer
        let softmax = Softmax(z)
        var order: [Int] = []
        order.reserveCapacity(top)
        for index in 0..<z.count {
            let place = order.firstIndex { z[index] > z[$0] } ?? order.count
            guard place < top else { continue }
            order.insert(index, at: place)
            if order.count > top { order.removeLast() }
        }
        return PhotoOutcome(
            photo: photo,
            loss: label >= 0 ? Float(softmax.loss(z[Int(label)])) : .nan,
            best: order.map {
                .init(label: Int32($0), confidence: Float(softmax.probability(z[$0])))
            }
        )
    }
}
