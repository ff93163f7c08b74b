/// Matrix products on the calling thread.
///
/// Every element of the result is one chain of fused multiply-adds over ascending k, cut into blocks
/// of `depth` whose sums are added in order. It depends neither on its position nor on M and N, so the
/// bits are the same however rows are divided among tasks.
public struct GemmKernels: Sendable {
    /// C (+)= A · B; A has any two strides, B is packed.
    public struct Product {
        /// Rows of C.
        public var M: Int
        /// Columns of C.
        public var N: Int
        /// Length of the sums.
        public var K: Int
        /// Element (m, k) is at `m · rowStride + k · columnStride`.
        public var A: Floats
        /// Distance between rows of A.
        public var rowStride: Int
        /// Distance between columns of A.
        public var columnStride: Int
        /// The right matrix in strips, as written by `pack`.
        public var B: Floats
        /// Distance between the strips of B: `width` · (packed rows).
        public var stripStride: Int
        /// The result, row-major.
        public var C: MutableFloats
        /// Distance between rows of C.
        public var ldc: Int
        /// Whether the product is added to C rather than replacing it.
        public var adding: Bool
        /// What whoever runs next on this thread will read: a product waits for multipliers rather than for memory, and
        /// brings it into the second cache meanwhile.
        public var later: UnsafeBufferPointer<Float>?

        /// Assembles the arguments.
        public init(
            M: Int,
            N: Int,
            K: Int,
            A: Floats,
            rowStride: Int,
            columnStride: Int,
            B: Floats,
            stripStride: Int,
            C: MutableFloats,
            ldc: Int,
            adding: Bool,
            later: UnsafeBufferPointer<Float>? = nil
        ) {
            self.M = M
            self.N = N
            self.K = K
            self.A = A
            self.rowStride = rowStride
            self.columnStride = columnStride
            self.B = B
            self.stripStride = stripStride
            self.C = C
            self.ldc = ldc
            self.adding = adding
            self.later = later
        }
    }

    /// Columns of a strip of packed B.
    public let width: Int
    /// Length of a block of K; its sums are complete before they are added to C.
    public let depth: Int
    /// (B, rowStride, columnStride, K, N, to): writes op(B), [K][N], as strips of [K][width]; the
    /// last one is padded with zeros.
    public let pack: @Sendable (Floats, Int, Int, Int, Int, MutableFloats) -> Void
    /// Computes a product.
    public let multiply: @Sendable (Product) -> Void
    /// Computes a product whose B is row-major; `stripStride` is the distance between its rows.
    ///
    /// Each element is one chain over ascending k and overwrites C.
    public let multiplyRowMajor: @Sendable (Product) -> Void

    /// Assembles the loops.
    public init(
        width: Int,
        depth: Int,
        pack: @escaping @Sendable (Floats, Int, Int, Int, Int, MutableFloats) -> Void,
        multiply: @escaping @Sendable (Product) -> Void,
        multiplyRowMajor: @escaping @Sendable (Product) -> Void
    ) {
        self.width = width
        self.depth = depth
        self.pack = pack
        self.multiply = multiply
        self.multiplyRowMajor = multiplyRowMajor
    }

    /// Number of strips of N columns.
    public func strips(_ N: Int) -> Int { (N + width - 1) / width }

    /// Number of floats of a packed [K][N] matrix.
    public func packedCount(K: Int, N: Int) -> Int { strips(N) * K * width }
}
