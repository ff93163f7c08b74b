import CBLASShim
import Foundation

/// Who computes the matrix products of dense layers and convolutions.
public enum BLASEngine: String, CaseIterable, Codable, Sendable {
    /// The kernels of this program, and Winograd's method where it pays.
    case own
    /// The system's CBLAS: `cblas_sgemm`, convolutions by im2col.
    case system

    /// What runs unless told otherwise: `own` where its kernels are tuned (AVX2, AVX-512), the system's
    /// CBLAS elsewhere, if there is one.
    public static func preferred(for instructions: InstructionSet) -> BLASEngine {
        switch instructions {
        case .avx2, .avx512: .own
        case .baseline: (try? SystemBLAS.found.get()) == nil ? .own : .system
        }
    }
}

/// The CBLAS library that this process finds at run time: OpenBLAS, or the site's MKL, BLIS or ArmPL.
///
/// Nothing is linked. The library is, in this order, what `LANDMARK_BLAS` names, what was preloaded or
/// linked (`LD_PRELOAD`), and what the system's loader finds: first `libblas.so.3`, which distributions
/// let the administrator choose.
///
/// Products are issued by the threads of a pool, several at a time, each on its calling thread alone: the
/// library is told to start no threads. With these, a product's bits could depend on their number.
public struct SystemBLAS: Sendable, CustomStringConvertible {
    /// The environment variable that names a library, by its path or as the loader knows it.
    public static let variable = "LANDMARK_BLAS"

    /// The library, or why there is none.
    ///
    /// Looking for it sets environment variables, by which libraries are told to use one thread.
    public static let found: Result<SystemBLAS, Missing> = find()

    /// No library, or none that can be used.
    public struct Missing: Error, CustomStringConvertible, Sendable {
        /// What was looked for and what to do.
        public let description: String
    }

    /// The file that holds `cblas_sgemm`, links followed; nil where the loader does not tell.
    public let path: String?
    /// What the library says of itself: its version and the processor that it has kernels for; nil = nothing.
    public let version: String?
    /// The function that told it to use one thread; nil = only environment variables did.
    public let threadSetter: String?

    private typealias Sgemm =
        @convention(c) (
            Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32,
            UnsafePointer<Float>, Int32, Float, UnsafeMutablePointer<Float>, Int32
        ) -> Void

    private let sgemm: Sgemm

    /// Its version and its file.
    public var description: String {
        [version, path].compactMap(\.self).joined(separator: ", ")
    }

    /// What ranks must have in common for equal bits.
    public var identity: String {
        version ?? path.map { String($0.split(separator: "/").last ?? "") } ?? "unknown"
    }

    /// C = op(A) · op(B), or C += op(A) · op(B), row-major, on the calling thread.
    ///
    /// - Parameters:
    ///   - transposeA: whether A lies in memory as [K][M] rather than [M][K].
    ///   - transposeB: whether B lies in memory as [N][K] rather than [K][N].
    ///   - M: rows of C.
    ///   - N: columns of C.
    ///   - K: length of the sums.
    ///   - A: the left matrix.
    ///   - lda: distance between the rows of A in memory.
    ///   - B: the right matrix.
    ///   - ldb: distance between the rows of B in memory.
    ///   - C: the result.
    ///   - ldc: distance between the rows of C.
    ///   - adding: whether the product is added to C; otherwise C is not read.
    public func multiply(
        transposeA: Bool = false,
        transposeB: Bool = false,
        M: Int,
        N: Int,
        K: Int,
        A: UnsafePointer<Float>,
        lda: Int,
        B: UnsafePointer<Float>,
        ldb: Int,
        C: UnsafeMutablePointer<Float>,
        ldc: Int,
        adding: Bool = false
    ) {
        let (rowMajor, plain, transposed): (Int32, Int32, Int32) = (101, 111, 112)
        sgemm(
            rowMajor,
            transposeA ? transposed : plain,
            transposeB ? transposed : plain,
            Int32(M),
            Int32(N),
            Int32(K),
            1,
            A,
            Int32(lda),
            B,
            Int32(ldb),
            adding ? 1 : 0,
            C,
            Int32(ldc)
        )
    }

    /// What `engine` computes with: the library, or nil for this program's own kernels.
    ///
    /// Whoever chooses `system` has made sure that there is a library.
    static func library(_ engine: BLASEngine) -> SystemBLAS? {
        guard engine == .system else { return nil }
        switch found {
        case .success(let library): return library
        case .failure(let missing): preconditionFailure(missing.description)
        }
    }
}

// MARK: Finding the library

extension SystemBLAS {
    /// Names by which loaders know CBLAS libraries, those that an administrator chooses first.
    private static let names = [
        "libblas.so.3", "libcblas.so.3", "libflexiblas.so.3", "libopenblas.so.0", "libopenblas.so",
        "libmkl_rt.so.2", "libmkl_rt.so", "libblis.so.4", "libblis.so", "libarmpl_lp64.so",
        "/System/Library/Frameworks/Accelerate.framework/Accelerate",
    ]

    /// Read by the libraries when they start, which is now unless they were preloaded.
    private static let variables = [
        "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ]

    private static let setters = [
        "openblas_set_num_threads", "bli_thread_set_num_threads", "MKL_Set_Num_Threads",
        "flexiblas_set_num_threads", "armpl_set_num_threads", "nvpl_blas_set_num_threads",
    ]

    private static func find() -> Result<SystemBLAS, Missing> {
        for variable in variables { setenv(variable, "1", 1) }
        // MKL's bits may depend on where matrices lie in memory unless it is told otherwise.
        setenv("MKL_CBWR", "AUTO,STRICT", 0)
        if let named = ProcessInfo.processInfo.environment[variable], !named.isEmpty {
            guard let handle = dlopen(named, RTLD_NOW | RTLD_LOCAL) else {
                let reason = dlerror().map { String(cString: $0) } ?? "no reason given"
                return .failure(Missing(description: "\(variable): \(reason)"))
            }
            guard let library = SystemBLAS(handle) else {
                return .failure(
                    Missing(description: "\(variable) is \(named), which has no cblas_sgemm")
                )
            }
            return .success(library)
        }
        if let everything = dlopen(nil, RTLD_NOW), let library = SystemBLAS(everything) {
            return .success(library)
        }
        for name in names {
            if let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL), let library = SystemBLAS(handle) {
                return .success(library)
            }
        }
        return .failure(
            Missing(
                description: "no CBLAS library is found; install one (Debian, Ubuntu: "
                    + "libopenblas0), load the cluster's module for it, or name its file in "
                    + variable
            )
        )
    }

    /// The library behind a loader's handle, told to use one thread; nil where it is no CBLAS.
    private init?(_ handle: UnsafeMutableRawPointer) {
        guard let symbol = dlsym(handle, "cblas_sgemm") else { return nil }
        sgemm = unsafeBitCast(symbol, to: Sgemm.self)
        typealias SetThreads = @convention(c) (Int) -> Void
        threadSetter = Self.setters.first { dlsym(handle, $0) != nil }
        if let threadSetter, let set = dlsym(handle, threadSetter) {
            // Some take an int, which is the low half of the same register.
            unsafeBitCast(set, to: SetThreads.self)(1)
        }
        path = blasshim_file(symbol).map { name in
            guard let real = realpath(name, nil) else { return String(cString: name) }
            defer { free(real) }
            return String(cString: real)
        }
        version = Self.version(handle)
    }

    private static func version(_ handle: UnsafeMutableRawPointer) -> String? {
        func text(_ name: String) -> String? {
            typealias Text = @convention(c) () -> UnsafePointer<CChar>?
            guard let symbol = dlsym(handle, name) else { return nil }
            return unsafeBitCast(symbol, to: Text.self)().map {
                String(cString: $0).split(separator: " ").joined(separator: " ")
            }
        }
        if let config = text("openblas_get_config") {
            // Configurations that name the processor do so last.
            guard let core = text("openblas_get_corename"), !config.contains(core) else {
                return config
            }
            return "\(config) \(core)"
        }
        if let version = text("bli_info_get_version_str") { return "BLIS \(version)" }
        if let symbol = dlsym(handle, "MKL_Get_Version_String") {
            typealias Fill = @convention(c) (UnsafeMutablePointer<CChar>, Int32) -> Void
            return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
                guard let base = buffer.baseAddress else { return nil }
                buffer.initialize(repeating: 0)
                unsafeBitCast(symbol, to: Fill.self)(base, 255)
                return String(cString: base).trimmingCharacters(in: .whitespaces)
            }
        }
        return nil
    }
}
