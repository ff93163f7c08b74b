/// Matrix products on the calling thread.
///
/// Every element of the result is one chain of fused multiply-adds over ascending k, cut into blocks
/// of `depth` whose sums are added in order. It depends neither on its position nor on M and N, so the
/// bits are the same however rows are divided among tasks.
public struct GemmKernels: Sendable {
    /// What becomes of a product's complete sums on their way to memory: min(max(scale · sum + shift, low), high) in each
    /// column; NaN stays NaN.
    public struct Norm {
        /// Scale of each column.
        public var scale: Floats
        /// Shift of each column.
        public var shift: Floats
        /// The least result.
        public var low: Float
        /// The greatest result.
        public var high: Float

        /// The norm of a convolution's epilogue; nil where it is more than that.
        public init?(_ finish: Finish) {
            guard let scale = finish.scale, let shift = finish.shift, finish.residual == nil else {
                return nil
            }
            switch finish.activation {
            case .none: (low, high) = (-.infinity, .infinity)
            case .relu: (low, high) = (0, .infinity)
            case .relu6: (low, high) = (0, 6)
            case .silu, .hardSwish, .hardSigmoid, .sigmoid, .gelu: return nil
            }
            (self.scale, self.shift) = (scale, shift)
        }
    }

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
        /// Applied to the sums; only where `appliesNorms` and K > 0.
        public var norm: Norm?

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
            later: UnsafeBufferPointer<Float>? = nil,
            norm: Norm? = nil
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
            self.norm = norm
        }
    }

    /// Columns of a strip of packed B.
    public let width: Int
    /// Length of a block of K; its sums are complete before they are added to C.
    public let depth: Int
    /// Whether `multiply` applies norms.
    public let appliesNorms: Bool
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
        appliesNorms: Bool,
        pack: @escaping @Sendable (Floats, Int, Int, Int, Int, MutableFloats) -> Void,
        multiply: @escaping @Sendable (Product) -> Void,
        multiplyRowMajor: @escaping @Sendable (Product) -> Void
    ) {
        self.width = width
        self.depth = depth
        self.appliesNorms = appliesNorms
        self.pack = pack
        self.multiply = multiply
        self.multiplyRowMajor = multiplyRowMajor
    }

    /// Number of strips of N columns.
    public func strips(_ N: Int) -> Int { (N + width - 1) / width }

    /// Number of floats of a packed [K][N] matrix.
    public func packedCount(K: Int, N: Int) -> Int { strips(N) * K * width }
}
