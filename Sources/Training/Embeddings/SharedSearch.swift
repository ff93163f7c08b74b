public import Distributed
public import Tensors

/// The exact search for the nearest rows of a database, by all ranks: block k of the database is rank k mod R's.
///
/// The database is read block by block, the next while one is compared, so that memory does not grow with it. What is
/// found is the same to the bit on any number of ranks and threads.
public struct SharedSearch {
    private let communicator: any Communicator
    private let pool: ThreadPool
    /// Queries that are compared at once; more are a pass over the database each.
    public static let queriesAtOnce = 1 << 14

    /// Makes a search on the ranks of `communicator`, with the products of the engine of `pool`.
    public init(communicator: any Communicator, pool: ThreadPool) {
        self.communicator = communicator
        self.pool = pool
    }

    /// The rows of `database` with the largest inner products with each of `queries`; a collective call.
    ///
    /// - Parameters:
    ///   - queries: rows as wide as those of the database; the same on all ranks.
    ///   - database: rows that each rank can read.
    ///   - most: rows to find for each query, fewer where the database has fewer.
    ///   - stop: a request to leave; nil = none comes.
    ///   - progress: called with the number of comparisons of a query with a row that are through.
    ///   - found: called on all ranks with the number of a query, in order, and its rows, best first.
    /// - Throws: `TrainingError.data` where the widths differ; where the request came, `TrainingError.rank` with 128 +
    ///   the signal.
    public func run(
        _ queries: some EmbeddingRows,
        in database: some EmbeddingRows,
        most: Int,
        stop: Interruption? = nil,
        progress: (Int) -> Void = { _ in },
        found: (_ query: Int, _ rows: [RankedRow]) throws -> Void
    ) throws {
        guard queries.width == database.width else {
            throw TrainingError.rank(
                0,
                code: 65,
                "the queries have \(queries.width) numbers each and the database \(database.width); give "
                    + "embeddings of the same network"
            )
        }
        let most = min(most, database.count)
        let starts = stride(from: 0, to: queries.count, by: Self.queriesAtOnce)
        for start in starts {
            let range = start..<min(start + Self.queriesAtOnce, queries.count)
            let rows = Storage(count: range.count * queries.width)
            try communicator.together { try queries.read(range, into: rows.base) }
            let search = NeighbourSearch(
                rows.base,
                count: range.count,
                width: queries.width,
                most: most,
                pool: pool
            )
            try pass(search, database, stop) { progress(start * database.count + $0) }
            let lists = try together(search, most)
            for query in range { try found(query, lists(query - start)) }
        }
    }

    /// Compares this rank's blocks of the database with the queries.
    private func pass(
        _ search: NeighbourSearch,
        _ database: some EmbeddingRows,
        _ stop: Interruption?,
        progress: (Int) -> Void
    ) throws {
        let step = search.blockRows * communicator.size
        let starts = Array(
            stride(from: search.blockRows * communicator.rank, to: database.count, by: step)
        )
        func block(_ index: Int) -> Range<Int> {
            starts[index]..<min(starts[index] + search.blockRows, database.count)
        }
        let length = min(search.blockRows, database.count) * database.width
        let buffers = (0..<min(2, starts.count)).map { _ in Storage(count: length) }
        let outcome = Result {
            var next: Result<Void, any Error> = .success(())
            func read(_ index: Int) {
                guard index < starts.count else { return }
                next = Result {
                    try database.read(block(index), into: buffers[index % 2].base)
                }
            }
            read(0)
            for index in starts.indices {
                if stop?.isRequested ?? false { return }
                try next.get()
                let rows = block(index)
                let base = buffers[index % 2].base
                let isLast = index + 1 == starts.count
                _ = pool.leaving(on: stop) {
                    search.add(
                        base,
                        count: rows.count,
                        first: rows.lowerBound,
                        beside: isLast ? nil : { read(index + 1) }
                    )
                }
                let done = min((index + 1) * step, database.count)
                progress(done * search.count)
            }
        }
        let signal = try communicator.gather(stop?.reason ?? 0).max() ?? 0
        guard signal == 0 else {
            throw TrainingError.rank(
                0,
                code: 128 + signal,
                "stopped by \(StopSignals.name(signal)) during the search, without a result"
            )
        }
        try communicator.together(outcome.get)
    }

    /// What all ranks found for a query.
    private func together(
        _ search: NeighbourSearch,
        _ most: Int
    ) throws -> (Int) -> [RankedRow] {
        guard communicator.size > 1 else { return { search.best(of: $0) } }
        // A record of each place of a list: the row, −1 = none, and the bits of its score.
        let words = search.count * most * 2
        var own = [Int64](repeating: -1, count: words)
        for query in 0..<search.count {
            for (place, row) in search.best(of: query).enumerated() {
                let at = (query * most + place) * 2
                own[at] = Int64(row.row)
                own[at + 1] = Int64(row.score.bitPattern)
            }
        }
        let all = try communicator.allGather(own.withUnsafeBytes { Array($0) })
        return { query in
            var rows: [RankedRow] = []
            for bytes in all {
                bytes.withUnsafeBytes { bytes in
                    for place in query * most..<(query + 1) * most {
                        func word(_ index: Int) -> Int64 {
                            bytes.loadUnaligned(
                                fromByteOffset: (place * 2 + index) * 8,
                                as: Int64.self
                            )
                        }
                        guard word(0) >= 0 else { return }
                        let score = Float(bitPattern: UInt32(truncatingIfNeeded: word(1)))
                        rows.append(RankedRow(row: Int(word(0)), score: score))
                    }
                }
            }
            rows.sort()
            return Array(rows.prefix(most))
        }
    }
}
