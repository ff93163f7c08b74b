public import Distributed
import TensorFiles
public import Tensors

/// How long the exact search takes in a file of random unit vectors.
public struct NeighbourBenchmark: Codable, Sendable {
    /// Number of ranks.
    public let ranks: Int
    /// Threads of a rank.
    public let threads: Int
    /// Instruction set of the kernels.
    public let instructions: InstructionSet
    /// Vectors that are asked about.
    public let queries: Int
    /// Vectors that are searched.
    public let photos: Int
    /// Numbers of a vector.
    public let width: Int
    /// Vectors that are found for each.
    public let neighbours: Int
    /// Seconds of a search, the slowest rank's, reading included.
    public let search: Timing
    /// Comparisons a second, in billions.
    public let gigacomparisons: Timing
    /// Billions of operations a second in the median search; a multiply-add counts as two.
    public let gigaflops: Double
    /// What all ranks' threads reach together in multiply-adds on registers, before or after the searches.
    public let peakGigaflops: Double
    /// The peak resident memory in bytes of the rank that needed most.
    public let peakMemory: Int

    /// Searches a file again and again; every rank with the same arguments.
    ///
    /// - Parameters:
    ///   - file: a file of embeddings that all ranks can read, as `write` makes it.
    ///   - queries: random vectors to ask about.
    ///   - repetitions: searches that count, at least 1.
    ///   - warmup: searches before them.
    public init(
        _ file: String,
        queries: Int,
        neighbours: Int,
        repetitions: Int,
        warmup: Int,
        communicator: any Communicator,
        pool: ThreadPool
    ) throws {
        let database = try communicator.together { try EmbeddingFile(file) }
        let width = database.width
        let rows = Storage(count: queries * width)
        Self.fill(rows.base, 0..<queries, width, seed: 2, pool)
        let block = EmbeddingBlock(rows, count: queries, width: width)
        let shared = SharedSearch(communicator: communicator, pool: pool)
        let before = multiplierPeak(pool)
        var times: [Double] = []
        for _ in 0..<warmup + max(repetitions, 1) {
            try communicator.barrier()
            let time = try measureSeconds {
                try shared.run(block, in: database, most: neighbours) { _, _ in }
            }
            times.append(try communicator.maximum(time))
        }
        let peaks = try communicator.gather(max(before, multiplierPeak(pool)))
        search = Timing(Array(times.dropFirst(warmup)))
        ranks = communicator.size
        threads = pool.threads
        instructions = pool.instructions
        self.queries = queries
        photos = database.count
        self.width = width
        self.neighbours = neighbours
        let comparisons = Double(queries) * Double(database.count) * 1e-9
        gigacomparisons = search.rate(of: comparisons)
        gigaflops = 2 * Double(width) * comparisons / search.median
        peakGigaflops = peaks.reduce(0, +) * 1e-9
        peakMemory = Int(try communicator.maximum(Double(peakResidentBytes())))
    }

    /// Writes a file of `count` random unit vectors of `width` numbers, in pieces.
    public static func write(
        _ path: String,
        count: Int,
        width: Int,
        _ pool: ThreadPool
    ) throws {
        let file = try SafetensorsWriter(
            path: path,
            tensors: [
                .init(name: EmbeddingFile.Key.embeddings, dtype: .f32, shape: [count, width])
            ],
            metadata: [:]
        )
        let rows = max(1, (1 << 22) / width)
        let piece = Storage(count: min(rows, count) * width)
        try file.write(count: count * width) { write in
            for start in stride(from: 0, to: count, by: rows) {
                let range = start..<min(start + rows, count)
                fill(piece.base, range, width, seed: 1, pool)
                try write(UnsafeBufferPointer(start: piece.base, count: range.count * width))
            }
        }
        try file.finish()
    }

    /// Fills rows, [range][width], by the numbers of the rows: uniform in each direction, scaled to length 1.
    private static func fill(
        _ floats: UnsafeMutablePointer<Float>,
        _ range: Range<Int>,
        _ width: Int,
        seed: UInt64,
        _ pool: ThreadPool
    ) {
        pool.parallelRanges(range.count, grain: 64) { part, _ in
            for row in part {
                var random = Random(
                    seed: seed,
                    .benchmark,
                    UInt64(width),
                    UInt64(range.lowerBound + row)
                )
                let base = floats + row * width
                for index in 0..<width { base[index] = random.uniform(-1, 1) }
                let scale = Float(1 / max(sumOfSquares(base, width), 1e-30).squareRoot())
                for index in 0..<width { base[index] *= scale }
            }
        }
    }
}
