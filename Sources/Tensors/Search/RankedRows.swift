#if canImport(Glibc)
    import Glibc
#else
    import Foundation
#endif

/// A row of a database and how well it fits a query.
public struct RankedRow: Sendable, Equatable, Comparable {
    /// Number of the row.
    public var row: Int
    /// The inner product of query and row; for unit vectors the cosine of the angle between them.
    public var score: Float

    /// Names a row.
    public init(row: Int, score: Float) {
        self.row = row
        self.score = score
    }

    /// Whether a row comes before another: the higher score first, of equal ones the lower number.
    public static func < (a: RankedRow, b: RankedRow) -> Bool {
        a.score > b.score || (a.score == b.score && a.row < b.row)
    }
}

/// The best rows for each of some queries, found so far, in several lists that are filled side by side.
///
/// `@unchecked Sendable`: tasks that run at once fill lists of different queries or of different `lane`s.
final class RankedRows: @unchecked Sendable {
    private let queries: Int
    private let most: Int
    private let lanes: Int
    /// [lanes][queries]: the score that a row has to exceed.
    private let limits: UnsafeMutablePointer<Float>
    /// [lanes][queries]: rows in the list.
    private let counts: UnsafeMutablePointer<Int32>
    /// [lanes][queries][most], best first.
    private let rows: UnsafeMutablePointer<RankedRow>

    /// Empty lists.
    ///
    /// - Parameters:
    ///   - most: rows of a list.
    ///   - lanes: lists of each query.
    init(queries: Int, most: Int, lanes: Int) {
        (self.queries, self.most, self.lanes) = (queries, most, lanes)
        func allocate<T>(_ type: T.Type, _ count: Int, _ value: T) -> UnsafeMutablePointer<T> {
            let raw = Shortage.memory(max(count, 1) * MemoryLayout<T>.stride)
            let base = raw.bindMemory(to: T.self, capacity: max(count, 1))
            base.initialize(repeating: value, count: max(count, 1))
            return base
        }
        limits = allocate(Float.self, lanes * queries, most > 0 ? -.infinity : .infinity)
        counts = allocate(Int32.self, lanes * queries, 0)
        rows = allocate(
            RankedRow.self,
            lanes * queries * most,
            RankedRow(row: -1, score: -.infinity)
        )
    }

    deinit {
        free(limits)
        free(counts)
        free(rows)
    }

    /// The scores that rows have to exceed, of the queries from `first` on.
    func limits(_ lane: Int, from first: Int) -> UnsafePointer<Float> {
        UnsafePointer(limits + (lane * queries + first))
    }

    /// Takes up a row that is above the query's limit; rows of a lane come in ascending order.
    func insert(_ row: Int, _ score: Float, query: Int, lane: Int) {
        let list = lane * queries + query
        let base = rows + list * most
        var place = Int(counts[list])
        if place < most { counts[list] += 1 } else { place -= 1 }
        // An equal score that is there already is of a lower row.
        while place > 0, base[place - 1].score < score {
            base[place] = base[place - 1]
            place -= 1
        }
        base[place] = RankedRow(row: row, score: score)
        if Int(counts[list]) == most { limits[list] = base[most - 1].score }
    }

    /// The best rows of a query over all lanes, best first.
    func best(of query: Int) -> [RankedRow] {
        var found: [RankedRow] = []
        for lane in 0..<lanes {
            let list = lane * queries + query
            found += UnsafeBufferPointer(start: rows + list * most, count: Int(counts[list]))
        }
        if lanes > 1 { found.sort() }
        return Array(found.prefix(most))
    }
}
