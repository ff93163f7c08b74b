public import Distributed
public import Images
public import Networks
public import Tensors

/// What the network said about one photo.
public struct PhotoOutcome: Sendable, Equatable {
    /// Place of the photo in its dataset.
    public var photo: Int
    /// Cross-entropy of the true class; NaN where the photo has no known one.
    public var loss: Float
    /// The likeliest classes, best first, with their probabilities.
    public var best: [(label: Int32, confidence: Float)]

    /// Makes an outcome of its parts.
    public init(photo: Int, loss: Float, best: [(label: Int32, confidence: Float)]) {
        self.photo = photo
        self.loss = loss
        self.best = best
    }

    /// Whether all fields are equal.
    public static func == (a: PhotoOutcome, b: PhotoOutcome) -> Bool {
        a.photo == b.photo && a.loss.bitPattern == b.loss.bitPattern
            && a.best.elementsEqual(b.best) { $0 == $1 }
    }
}

/// Runs a network over photos, shared among ranks, each photo exactly once.
///
/// Photos are cut into batches of a fixed size and batch k goes to rank k mod R, so that a photo
/// always stands in the same batch and gets the same bits, on any number of ranks.
public struct Evaluator {
    private let communicator: any Communicator
    private let model: Model
    private let plans: PhotoPlans
    private let batch: Int
    private let pool: ThreadPool

    /// Makes an evaluator that feeds `model` with batches of `batch` photos.
    public init(
        communicator: any Communicator,
        model: Model,
        plans: PhotoPlans,
        batch: Int,
        pool: ThreadPool
    ) {
        self.communicator = communicator
        self.model = model
        self.plans = plans
        self.batch = batch
        self.pool = pool
    }

    /// What all ranks found, on every rank, in the order of the photos.
    public struct Findings: Sendable {
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
    ///   - stop: a wish to leave; nil = none comes.
    ///   - progress: called with the number of photos that all ranks are through with.
    /// - Throws: where the wish came, `TrainingError.rank` with 128 + the signal, as shells have it.
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

    /// The same, and nothing thrown where the wish came.
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
        let loader = BatchLoader(
            source: source,
            requests: requests,
            maximumBatch: batch,
            imageSize: plans.imageSize,
            augmentations: plans.evaluation,
            normalisation: plans.normalisation,
            seed: 0,
            threads: pool.threads
        )
        defer { loader.stop() }
        let top = min(top, model.output.C)
        var findings = Findings(outcomes: [], skipped: [])
        var next = 0
        var round = Round()
        try model.withConstantWeights {
            // Ranks meet between rounds of batches, so that a wish or a failure of one is known to all.
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
                try round.share(
                    communicator,
                    photos: photos,
                    secondsPerBatch: (ContinuousClock.now - begin).seconds / Double(round.batches),
                    signal: stop?.reason ?? 0,
                    outcome
                )
                progress(round.photos)
                if round.signal != 0 { return }
            }
        }
        if round.signal != 0 { return .left(signal: round.signal, photos: round.photos) }
        return .done(try share(findings, top: top))
    }

    /// What was found about one batch; nil where the wish came before all of it was.
    private func ask(
        _ request: BatchRequest,
        _ loader: BatchLoader,
        top: Int,
        stop: Interruption?
    ) throws -> Findings? {
        let batch = try loader.next { stop?.isRequested ?? false }
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

        /// Brings together what a round came to; what failed on one rank is thrown on all.
        mutating func share(
            _ communicator: any Communicator,
            photos done: Int,
            secondsPerBatch: Double,
            signal own: Int32,
            _ outcome: Result<Void, any Error>
        ) throws {
            var failures = 0.0
            if case .failure = outcome { failures = 1 }
            // About a second, by the clock of rank 0.
            let next = min(max(1 / max(secondsPerBatch, 1e-3), 1), 64).rounded(.down)
            var signals = Array(repeating: 0.0, count: communicator.size)
            signals[communicator.rank] = Double(own)
            var packed = [Double(done), failures, communicator.rank == 0 ? next : 0] + signals
            try communicator.sum(&packed)
            if packed[1] > 0 { try communicator.together { try outcome.get() } }
            photos += Int(packed[0])
            batches = Int(packed[2])
            signal = Int32(packed[3...].max() ?? 0)
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
        let largest = z.max() ?? 0
        var sum = 0.0
        for value in z { sum += exponential(Double(value - largest)) }
        let logSum = Double(largest) + logarithm(sum)
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
            loss: label >= 0 ? Float(logSum - Double(z[Int(label)])) : .nan,
            best: order.map { (Int32($0), Float(exponential(Double(z[$0]) - logSum))) }
        )
    }

    /// Brings the findings of all ranks together and orders them by photo.
    private func share(_ own: Findings, top: Int) throws -> Findings {
        var words: [UInt32] = []
        for row in own.outcomes {
            words.append(UInt32(row.photo))
            words.append(row.loss.bitPattern)
            for (label, confidence) in row.best {
                words.append(UInt32(bitPattern: label))
                words.append(confidence.bitPattern)
            }
        }
        let width = 2 + 2 * top
        var outcomes: [PhotoOutcome] = []
        for bytes in try communicator.allGather(words.withUnsafeBytes(Array.init)) {
            let words = bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) }
            for start in stride(from: 0, to: words.count, by: width) {
                outcomes.append(
                    PhotoOutcome(
                        photo: Int(words[start]),
                        loss: Float(bitPattern: words[start + 1]),
                        best: (0..<top).map {
                            (
                                Int32(bitPattern: words[start + 2 + 2 * $0]),
                                Float(bitPattern: words[start + 3 + 2 * $0])
                            )
                        }
                    )
                )
            }
        }
        return Findings(
            outcomes: outcomes.sorted { $0.photo < $1.photo },
            skipped: try communicator.allGather(own.skipped).sorted { $0.path < $1.path }
        )
    }
}
