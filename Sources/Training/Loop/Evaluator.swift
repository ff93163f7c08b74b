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

    /// Asks the network about all `count` photos of `source`.
    ///
    /// - Parameters:
    ///   - top: number of classes to report for each photo, at most as many as there are.
    ///   - progress: called with the number of photos that all ranks are about through with.
    public func run(
        _ source: any PhotoSource,
        count: Int,
        top: Int,
        progress: (Int) -> Void = { _ in }
    ) throws -> Findings {
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
        // Whatever fails on one rank ends the wait of the others in `share`.
        let findings = try communicator.together {
            try model.withConstantWeights {
                var findings = Findings(outcomes: [], skipped: [])
                for request in requests {
                    let loaded = try loader.next()
                    findings.outcomes += outcomes(loaded, request, top: top)
                    findings.skipped += loaded.skipped
                    loader.release(loaded)
                    progress((request.samples.last ?? 0) + 1)
                }
                return findings
            }
        }
        return try share(findings, top: top)
    }

    /// What the network says about the photos of a batch that could be read.
    private func outcomes(_ batch: LoadedBatch, _ request: BatchRequest, top: Int) -> [PhotoOutcome]
    {
        let logits = model.forward(batch.images, .evaluation)
        return request.samples.enumerated().compactMap { n, photo in
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
