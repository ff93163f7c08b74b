import Foundation
import KernelTable
import KernelsBaseline

#if arch(x86_64)
    import KernelsAVX2
    import KernelsAVX512
#endif

/// The instruction sets that the inner loops are compiled for.
///
/// Results are equal bits on every processor under the same instruction set, but differ in rounding
/// between sets.
public enum InstructionSet: String, CaseIterable, Codable, Sendable, CustomStringConvertible {
    /// What every processor of the architecture has: SSE2, or NEON on arm64.
    case baseline
    /// x86-64-v3: AVX2 and FMA.
    case avx2
    /// x86-64-v4: AVX-512 with its BW, CD, DQ and VL parts.
    case avx512

    /// The environment variable that forces a set.
    public static let variable = "LANDMARK_CPU"

    /// The set in use: the one that `LANDMARK_CPU` names if this processor has it, else the best.
    public static let current: InstructionSet = {
        let forced = ProcessInfo.processInfo.environment[variable].flatMap(InstructionSet.init)
        let available = InstructionSet.available
        if let forced, available.contains(forced) { return forced }
        return available.last ?? .baseline
    }()

    /// The sets that this processor has, the best last.
    public static var available: [InstructionSet] {
        let flags = processorFlags()
        return allCases.filter { $0.requirements.isSubset(of: flags) && $0.isCompiled }
    }

    /// The name as `LANDMARK_CPU` takes it.
    public var description: String { rawValue }

    private var isCompiled: Bool {
        #if arch(x86_64)
            true
        #else
            self == .baseline
        #endif
    }

    /// The flags of /proc/cpuinfo that the compiler may count on.
    private var requirements: Set<String> {
        let v3: Set<String> = ["avx", "avx2", "fma", "bmi1", "bmi2", "f16c", "abm", "movbe"]
        return switch self {
        case .baseline: []
        case .avx2: v3
        case .avx512: v3.union(["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"])
        }
    }

    /// Flags of the first processor; none where the system does not tell, which leaves the baseline.
    private static func processorFlags() -> Set<String> {
        guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("flags") }),
            let colon = line.firstIndex(of: ":")
        else { return [] }
        return Set(line[line.index(after: colon)...].split(separator: " ").map(String.init))
    }

    /// The inner loops of this set, which the processor must have.
    var kernels: KernelTable {
        switch self {
        case .baseline: Self.baselineKernels
        #if arch(x86_64)
            case .avx2: Self.avx2Kernels
            case .avx512: Self.avx512Kernels
        #else
            case .avx2, .avx512: Self.baselineKernels
        #endif
        }
    }

    private static let baselineKernels = KernelsBaseline.makeKernelTable()
    #if arch(x86_64)
        private static let avx2Kernels = KernelsAVX2.makeKernelTable()
        private static let avx512Kernels = KernelsAVX512.makeKernelTable()
    #endif
}
