import KernelTable

/// Finds the rows of a database that have the largest inner products with some queries, exactly: every product is
/// computed.
///
/// The database comes block by block. Which rows are found, and their scores to the bit, depends neither on the
/// number of threads nor on who is given which block: an element of a product is computed by the order of its terms
/// alone with our kernels, and the system's library is asked for products whose shapes depend on `count` and `blockRows`.
public final class NeighbourSearch {
    /// Queries Q.
    public let count: Int
    /// Floats of a query and of a row.
    public let width: Int
    /// Rows of a whole block; all but the last of a database have as many.
    public let blockRows: Int
    private let most: Int
    private let pool: ThreadPool
    /// The queries as the kernels read them: in strips, or as they came.
    private let prepared: Storage
    private let found: RankedRows
    /// Lists of each query that are filled side by side.
    private let lanes: Int
    private let products: Storage

    /// Queries whose products with `tileRows` rows stay in the second cache, with what they are made of.
    private static let groupQueries = 256
    /// Rows of the database that one product takes: the rows of A that `GemmKernels` keeps in the second cache.
    private static let tileRows = 240
    /// Floats of a block of the database.
    private static let blockFloats = 1 << 21
    /// Tasks of a block, as long as it has as many tiles.
    private static let tasks = 32
    /// Floats between the rows of a product; rows at a distance of a power of two share a set of the caches.
    private static let rowDistance = groupQueries + 16

    /// Prepares `count` queries, [Q][width]; they are copied.
    ///
    /// - Parameters:
    ///   - most: rows to find for each query; fewer are found where the database has fewer.
    ///   - pool: threads, and the engine of the products.
    public init(
        _ queries: UnsafePointer<Float>,
        count: Int,
        width: Int,
        most: Int,
        pool: ThreadPool
    ) {
        precondition(count >= 0 && width > 0 && most >= 0, "queries of at least one number")
        self.count = count
        self.width = width
        self.most = most
        self.pool = pool
        let tiles = max(1, Self.blockFloats / (width * Self.tileRows))
        blockRows = tiles * Self.tileRows
        let groups = max(1, (count + Self.groupQueries - 1) / Self.groupQueries)
        lanes = min(tiles, max(1, Self.tasks / groups))
        found = RankedRows(queries: count, most: most, lanes: lanes)
        products = Storage(count: pool.threads * Self.tileRows * Self.rowDistance)
        if SystemBLAS.library(pool.blas) != nil {
            prepared = Storage(count: count * width)
            prepared.base.update(from: queries, count: count * width)
        } else {
            let kernels = pool.kernels.gemm
            let prepared = Storage(count: kernels.packedCount(K: width, N: count))
            pool.parallelFor(kernels.strips(count)) { strip, _ in
                let first = strip * kernels.width
                kernels.pack(
                    queries + first * width,
                    1,
                    width,
                    width,
                    min(kernels.width, count - first),
                    prepared.base + first * width
                )
            }
            self.prepared = prepared
        }
    }

    /// Bytes that a search holds beside the database.
    public static func memory(count: Int, width: Int, most: Int, threads: Int) -> Int {
        let groups = max(1, (count + groupQueries - 1) / groupQueries)
        let lists = max(1, tasks / groups) * count * (most * MemoryLayout<RankedRow>.stride + 8)
        let floats = (count + 32) * width + threads * tileRows * rowDistance
        return lists + floats * MemoryLayout<Float>.stride
    }

    /// Compares all queries with the next rows of the database.
    ///
    /// - Parameters:
    ///   - rows: [rows][width], at most `blockRows`.
    ///   - first: number of the first of them; blocks come in ascending order.
    ///   - beside: work of another kind that one of the threads does meanwhile, such as reading the next block.
    public func add(
        _ rows: UnsafePointer<Float>,
        count rowCount: Int,
        first: Int,
        beside: (() -> Void)? = nil
    ) {
        precondition(rowCount <= blockRows, "more rows than a block has")
        let groups = (count + Self.groupQueries - 1) / Self.groupQueries
        let tiles = (rowCount + Self.tileRows - 1) / Self.tileRows
        let extra = beside == nil ? 0 : 1
        pool.parallelFor(groups * lanes + extra) { task, worker in
            if task < extra {
                beside?()
                return
            }
            let (lane, group) = (task - extra).quotientAndRemainder(dividingBy: max(groups, 1))
            let queries =
                group * Self.groupQueries..<min(count, (group + 1) * Self.groupQueries)
            let product = products.base + worker * Self.tileRows * Self.rowDistance
            for tile in tiles * lane / lanes..<tiles * (lane + 1) / lanes {
                let start = tile * Self.tileRows
                let tileCount = min(Self.tileRows, rowCount - start)
                multiply(rows + start * width, tileCount, queries, product)
                collect(product, tileCount, queries, first: first + start, lane)
            }
        }
    }

    /// The rows found for a query, best first.
    public func best(of query: Int) -> [RankedRow] { found.best(of: query) }

    /// product[r][q] = rows[r] · queries[q].
    private func multiply(
        _ rows: UnsafePointer<Float>,
        _ rowCount: Int,
        _ queries: Range<Int>,
        _ product: UnsafeMutablePointer<Float>
    ) {
        if let library = SystemBLAS.library(pool.blas) {
            library.multiply(
                transposeB: true,
                M: rowCount,
                N: queries.count,
                K: width,
                A: rows,
                lda: width,
                B: prepared.base + queries.lowerBound * width,
                ldb: width,
                C: product,
                ldc: Self.rowDistance
            )
            return
        }
        let kernels = pool.kernels.gemm
        kernels.multiply(
            GemmKernels.Product(
                M: rowCount,
                N: queries.count,
                K: width,
                A: rows,
                rowStride: width,
                columnStride: 1,
                B: prepared.base + queries.lowerBound * width,
                stripStride: width * kernels.width,
                C: product,
                ldc: Self.rowDistance,
                adding: false
            )
        )
    }

    /// Takes up the rows whose scores are above the queries' limits, which few are soon.
    private func collect(
        _ product: UnsafePointer<Float>,
        _ rowCount: Int,
        _ queries: Range<Int>,
        first: Int,
        _ lane: Int
    ) {
        let firstAbove = pool.kernels.flat.firstAbove
        let limits = found.limits(lane, from: queries.lowerBound)
        for row in 0..<rowCount {
            let scores = product + row * Self.rowDistance
            var place = firstAbove(scores, limits, 0, queries.count)
            while place < queries.count {
                let query = queries.lowerBound + place
                found.insert(first + row, scores[place], query: query, lane: lane)
                place = firstAbove(scores, limits, place + 1, queries.count)
            }
        }
    }
}
