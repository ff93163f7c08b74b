/// The first of floats that are read.
public typealias Floats = UnsafePointer<Float>
/// The first of floats that are written.
public typealias MutableFloats = UnsafeMutablePointer<Float>
/// The first of bytes that are read.
public typealias Bytes = UnsafePointer<UInt8>
/// The first of bytes that are written.
public typealias MutableBytes = UnsafeMutablePointer<UInt8>

/// The inner loops of the tensor kernels, compiled once per instruction set.
///
/// Each field runs on the calling thread and fixes the order of its sums by its arguments alone.
/// Rows are pixels, columns are channels (channels-last), and rows follow one another without gaps
/// unless a leading dimension is given.
public struct KernelTable: Sendable {
    /// Loops over flat floats.
    public let flat: FlatKernels
    /// Loops over rows of channels.
    public let rows: RowKernels
    /// Loops over the windows of convolutions and pools.
    public let windows: WindowKernels
    /// Matrix products.
    public let gemm: GemmKernels
    /// Transforms of the fast 3×3 convolution.
    public let winograd: WinogradKernels
    /// The loop that measures what the processor can do.
    public let peak: PeakKernel

    /// Assembles a table.
    public init(
        flat: FlatKernels,
        rows: RowKernels,
        windows: WindowKernels,
        gemm: GemmKernels,
        winograd: WinogradKernels,
        peak: PeakKernel
    ) {
        self.flat = flat
        self.rows = rows
        self.windows = windows
        self.gemm = gemm
        self.winograd = winograd
        self.peak = peak
    }
}
