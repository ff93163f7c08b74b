import Distributed
import Files
import Foundation
import Images
import Tensors
import TestSupport
import Testing
import Training

/// The search that ranks share, and what is made of its answers.
struct SharedSearchTests {
    private func random(_ rows: Int, _ width: Int, seed: UInt64) -> EmbeddingBlock {
        var random = Random(seed: seed, .test)
        let floats = (0..<rows * width).map { _ in random.uniform(-1, 1) }
        return EmbeddingBlock(Storage(floats), count: rows, width: width)
    }

    /// A database of which a row is no embedding.
    private struct Damaged: EmbeddingRows, Sendable {
        let all: EmbeddingBlock
        let from: Int
        var count: Int { all.count }
        var width: Int { all.width }

        func read(_ range: Range<Int>, into floats: UnsafeMutablePointer<Float>) throws {
            guard range.upperBound <= from else { throw FileError("row \(from) is damaged") }
            all.read(range, into: floats)
        }
    }

    private func search(
        _ queries: EmbeddingBlock,
        _ database: some EmbeddingRows & Sendable,
        ranks: Int,
        threads: Int = 1
    ) throws -> [[[RankedRow]]] {
        try ThreadRanks.run(ranks) { communicator in
            var found: [[RankedRow]] = []
            let search = SharedSearch(
                communicator: communicator,
                pool: ThreadPool(threads: threads)
            )
            try search.run(queries, in: database, most: 6) { query, rows in
                #expect(query == found.count)
                found.append(rows)
            }
            return found
        }
    }

    /// Rows so wide that the database has several blocks for each rank.
    @Test func ranksFindTheSame() throws {
        let (queries, database) = (random(5, 4_096, seed: 1), random(2_500, 4_096, seed: 2))
        let alone = try #require(try search(queries, database, ranks: 1).first)
        #expect(alone.allSatisfy { $0.count == 6 })
        for ranks in [2, 3] {
            for found in try search(queries, database, ranks: ranks, threads: 2) {
                #expect(found == alone, "\(ranks) ranks")
            }
        }
        let few = try search(queries, random(3, 4_096, seed: 3), ranks: 3)
        for found in few { #expect(found.allSatisfy { $0.count == 3 }) }
    }

    @Test func whatCannotBeReadEndsAllRanks() throws {
        let database = Damaged(all: random(2_500, 4_096, seed: 2), from: 1_000)
        let error = #expect(throws: TrainingError.self) {
            _ = try search(random(2, 4_096, seed: 1), database, ranks: 2)
        }
        #expect(error?.description == "row 1000 is damaged")
        let other = #expect(throws: TrainingError.self) {
            _ = try search(random(2, 8, seed: 1), database, ranks: 2)
        }
        #expect(other?.description.contains("8 numbers each and the database 4096") == true)
    }

    @Test func averagePrecisionIsTheChallenges() {
        func precision(_ ids: String, relevant: Set<Character>, places: Int = 100) -> Double {
            averagePrecision(
                ids.map { (String($0), relevant.contains($0)) },
                relevant: relevant.count,
                places: places
            )
        }
        #expect(abs(precision("AAB", relevant: ["A", "B"]) - 0.833333) < 1e-6)
        #expect(precision("AB", relevant: ["A", "B"]) == 1)
        #expect(precision("XA", relevant: ["A", "B"]) == 0.25)
        #expect(precision("", relevant: ["A"]) == 0)
        #expect(precision("XYA", relevant: ["A"], places: 2) == 0)
        #expect(precision("AX", relevant: ["A", "B", "C"], places: 2) == 0.5)
    }
}
