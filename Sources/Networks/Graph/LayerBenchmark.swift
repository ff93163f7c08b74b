public import Tensors

/// How long the layers of a network take in training, each measured alone on random values.
public struct LayerBenchmark: Codable, Sendable {
    /// One layer.
    public struct Row: Codable, Sendable {
        /// torchvision's name.
        public let name: String
        /// What it is.
        public let kind: String
        /// How it computes, where there is a choice.
        public let algorithm: String?
        /// Extents of its output for one photo.
        public let output: String
        /// Multiply-adds of the whole batch's forward pass.
        public let operations: Int
        /// Bytes of the whole batch's inputs and outputs, which each pass reads or writes at least once.
        public let bytes: Int
        /// Seconds of the forward pass.
        public let forward: Timing
        /// Seconds that the gradient of the input takes, of layers without weights to multiply by
        /// all of backward; nil where nobody needs it.
        public let backwardData: Timing?
        /// Seconds that the gradient of the weights takes; nil where none are multiplied by.
        public let backwardWeights: Timing?

        /// Median seconds of all passes.
        public var median: Double {
            forward.median + (backwardData?.median ?? 0) + (backwardWeights?.median ?? 0)
        }

        /// Passes that were measured.
        private var passes: Int {
            1 + (backwardData == nil ? 0 : 1) + (backwardWeights == nil ? 0 : 1)
        }

        /// Floating-point operations of all passes that were measured, computed directly.
        public var flops: Double {
            guard operations > 0 else { return 0 }
            return 2 * Double(operations * passes)
        }

        /// Bytes of maps that all passes that were measured read and write at least.
        public var traffic: Double { Double(bytes * passes) }
    }

    /// The network.
    public let model: Architecture
    /// Side of the square photos.
    public let imageSize: Int
    /// Photos of the batch.
    public let batch: Int
    /// Slices of the batch, all of them in one pass.
    public let slices: Int
    /// Threads at work.
    public let threads: Int
    /// Instruction set of the kernels.
    public let instructions: InstructionSet
    /// The layers in forward order.
    public let layers: [Row]
    /// What the threads reach together in multiply-adds on registers, before or after the layers,
    /// whichever was faster, in billions of operations a second.
    public let peakGigaflops: Double
    /// What the threads read and write together when they copy, in billions of bytes a second, measured as the peak is.
    public let memoryGigabytes: Double

    /// Measures every layer of a network.
    ///
    /// - Parameters:
    ///   - description: one that passes `check()`.
    ///   - batch: photos, at least 1.
    ///   - slices: parts of it that are computed as if they were alone, at least 1.
    ///   - repetitions: at least 1, after one that does not count.
    ///   - progress: told the name of each layer before it is measured.
    public init(
        _ description: ModelDescription,
        batch: Int,
        slices: Int = 1,
        repetitions: Int,
        pool: ThreadPool,
        progress: (String) -> Void = { _ in }
    ) {
        let before = (peak: multiplierPeak(pool), memory: memoryBandwidth(pool))
        model = description.architecture
        imageSize = description.imageSize
        self.batch = batch
        self.slices = slices
        threads = pool.threads
        instructions = pool.instructions
        let stand = LayerStand(
            batch: batch,
            slices: slices,
            repetitions: max(repetitions, 1),
            pool: pool
        )
        layers = description.summary(pool: pool).rows.enumerated().map { index, row in
            progress(row.name)
            return stand.measure(row, isFirst: index == 0)
        }
        peakGigaflops = 1e-9 * max(before.peak, multiplierPeak(pool))
        memoryGigabytes = 1e-9 * max(before.memory, memoryBandwidth(pool))
    }
}

/// Runs layers alone.
private struct LayerStand {
    let batch: Int
    let slices: Int
    let repetitions: Int
    let pool: ThreadPool

    func measure(_ row: ModelSummary.Row, isFirst: Bool) -> LayerBenchmark.Row {
        let inputs = row.inputs.map { $0.with(N: batch) }
        let whole = run(row, inputs, inputGradients: !isFirst)
        var data: Timing? = whole.backward
        var weights: Timing?
        if row.multiplyAdds > 0 {
            let alone =
                isFirst ? whole.backward : run(row, inputs, inputGradients: false).backward
            weights = alone
            data = isFirst ? nil : whole.backward.beyond(alone)
        }
        return LayerBenchmark.Row(
            name: row.name,
            kind: row.kind,
            algorithm: row.algorithm,
            output: "\(row.output.H)×\(row.output.W)×\(row.output.C)",
            operations: row.multiplyAdds * batch,
            bytes: batch * MemoryLayout<Float>.stride
                * (row.output.perImage + row.inputs.reduce(0) { $0 + $1.perImage }),
            forward: whole.forward,
            backwardData: data,
            backwardWeights: weights
        )
    }

    private func run(
        _ row: ModelSummary.Row,
        _ inputs: [Shape],
        inputGradients: Bool
    ) -> (forward: Timing, backward: Timing) {
        var graph = Graph(inputs: inputs.count)
        let y = graph.append(
            Graph.Node(
                name: row.name,
                operation: row.operation,
                inputs: inputs.indices.map { graph.input($0) }
            )
        )
        graph.output(row.name, y)
        let executor = Executor(
            graph,
            inputs: inputs,
            inputGradients: inputGradients,
            CompilationOptions(.training, slices: slices, pool: pool)
        )
        let output = executor.outputs[0]
        let x = inputs.map { noise($0.count) }
        let gradient = noise(output.count)
        let dy = Storage(count: output.count)
        fill(executor.store.values, upTo: 0.05)
        let context = TrainingContext(
            seed: 1,
            step: 0,
            firstPosition: 0,
            slices: (0..<slices).map {
                TrainingContext.Slice(
                    images: $0 * batch / slices..<($0 + 1) * batch / slices,
                    statisticsWeight: 1 / Float(slices)
                )
            }
        )
        var forward: [Double] = []
        var backward: [Double] = []
        for _ in 0...repetitions {
            // Backward may have written over it.
            copyFloats(dy.base, gradient.base, dy.count, pool)
            let photos = zip(x, inputs).map { $0.tensor($1) }
            forward.append(measureSeconds { _ = executor.forward(photos, .training(context)) })
            backward.append(measureSeconds { executor.backward([dy.tensor(output)]) })
        }
        return (Timing(Array(forward.dropFirst())), Timing(Array(backward.dropFirst())))
    }

    private func noise(_ count: Int) -> Storage {
        let storage = Storage(count: count)
        fill(storage, upTo: 1)
        return storage
    }

    /// Values between −`size` and `size`, none of them tiny: what time products take does not
    /// depend on more.
    private func fill(_ storage: Storage, upTo size: Float) {
        pool.parallelRanges(storage.count, grain: 1 << 16) { range, _ in
            for i in range {
                let step = Float((i &* 7_919) % 1_009)
                storage.base[i] = size * (step - 504.25) / 505
            }
        }
    }
}

extension Timing {
    /// What these repetitions took longer than others of a part of the work.
    fileprivate func beyond(_ part: Timing) -> Timing {
        Timing([
            max(minimum - part.minimum, 0), max(median - part.median, 0),
            max(maximum - part.maximum, 0),
        ])
    }
}
