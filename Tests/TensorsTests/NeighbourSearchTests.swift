import Tensors
import Testing

/// The exact search against one that compares and sorts everything.
struct NeighbourSearchTests {
    /// A search of `rows` rows for `queries` queries.
    struct Case: Sendable, CustomTestStringConvertible {
        let (queries, rows, width, most): (Int, Int, Int, Int)
        var block: Int?
        var threads = 2

        init(
            _ queries: Int,
            _ rows: Int,
            _ width: Int,
            most: Int,
            block: Int? = nil,
            threads: Int = 2
        ) {
            (self.queries, self.rows, self.width, self.most) = (queries, rows, width, most)
            (self.block, self.threads) = (block, threads)
        }

        var testDescription: String {
            "\(queries) queries, \(rows) rows of \(width), the \(most) best, blocks of "
                + "\(block.map { "\($0)" } ?? "any"), \(threads) threads"
        }
    }

    static let cases: [Case] = [
        .init(1, 1, 1, most: 1),
        .init(1, 5_000, 24, most: 7),
        .init(3, 50, 17, most: 60, block: 13),
        .init(33, 1_000, 20, most: 5, block: 240, threads: 3),
        .init(257, 731, 31, most: 10, block: 100),
        .init(600, 500, 300, most: 3, threads: 1),
        .init(0, 10, 4, most: 3),
        .init(4, 10, 4, most: 0),
    ]

    /// Few different numbers, so that many scores are equal; products of them are exact.
    private func grid(_ count: Int, seed: UInt64) -> Storage {
        var random = Random(seed: seed, .test)
        return Storage((0..<count).map { _ in Float(random.integer(below: 5)) / 4 - 0.5 })
    }

    private func search(
        _ queries: Storage,
        _ rows: Storage,
        _ test: Case,
        blas: BLASEngine = .own
    ) -> [[RankedRow]] {
        let search = NeighbourSearch(
            queries.base,
            count: test.queries,
            width: test.width,
            most: test.most,
            pool: ThreadPool(threads: test.threads, blas: blas)
        )
        let block = min(test.block ?? search.blockRows, search.blockRows)
        for start in stride(from: 0, to: test.rows, by: block) {
            search.add(
                rows.base + start * test.width,
                count: min(block, test.rows - start),
                first: start
            )
        }
        return (0..<test.queries).map(search.best)
    }

    private func reference(_ queries: Storage, _ rows: Storage, _ test: Case) -> [[RankedRow]] {
        (0..<test.queries).map { query in
            let all = (0..<test.rows).map { row in
                let score = (0..<test.width).reduce(Float(0)) {
                    $0 + queries.base[query * test.width + $1] * rows.base[row * test.width + $1]
                }
                return RankedRow(row: row, score: score)
            }
            return Array(all.sorted().prefix(test.most))
        }
    }

    @Test(arguments: cases)
    func findsWhatComparingEverythingFinds(_ test: Case) {
        let queries = grid(test.queries * test.width, seed: 1)
        let rows = grid(test.rows * test.width, seed: 2)
        #expect(search(queries, rows, test) == reference(queries, rows, test))
    }

    @Test(.enabled(if: (try? SystemBLAS.found.get()) != nil, "this machine has no CBLAS"))
    func theSystemsProductsFindTheSame() {
        for test in Self.cases {
            let queries = grid(test.queries * test.width, seed: 1)
            let rows = grid(test.rows * test.width, seed: 2)
            #expect(
                search(queries, rows, test, blas: .system) == reference(queries, rows, test)
            )
        }
    }

    @Test func bitsDependNeitherOnThreadsNorOnBlocks() {
        let whole = Case(70, 3_000, 300, most: 9, threads: 1)
        let (queries, rows) = (noise(70 * 300, seed: 3), noise(3_000 * 300, seed: 4))
        let expected = search(queries, rows, whole)
        for (block, threads) in [(3_000, 3), (480, 2), (77, 2)] {
            let found = search(
                queries,
                rows,
                Case(70, 3_000, 300, most: 9, block: block, threads: threads)
            )
            #expect(found == expected, "blocks of \(block), \(threads) threads")
        }
    }

    @Test func somethingElseIsDoneBeside() {
        let (queries, rows) = (noise(8, seed: 5), noise(80, seed: 6))
        let search = NeighbourSearch(
            queries.base,
            count: 1,
            width: 8,
            most: 2,
            pool: ThreadPool(threads: 2)
        )
        var isDone = false
        search.add(rows.base, count: 10, first: 0) { isDone = true }
        #expect(isDone)
        #expect(search.best(of: 0).count == 2)
    }
}
