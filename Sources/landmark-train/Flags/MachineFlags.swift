import ArgumentParser
import Tensors
import Training

/// Flags about the machine; they change no result.
struct MachineFlags: ParsableArguments {
    @Option(help: "Threads of each rank (default: its share of the allowed cores).")
    var threads: Int?

    /// More threads than any node has processors are a slip of the pen.
    static func check(_ threads: Int) throws {
        try NumberFlag.require(threads, "--threads", 1...4096)
    }
}

/// The flag of commands that run networks; it changes the rounding of what they compute.
struct EngineFlag: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Who multiplies matrices: own kernels, or the system's CBLAS such as OpenBLAS, MKL or BLIS "
                + "(default: own with AVX2 or AVX-512, else system).",
            valueName: "own|system"
        )
    )
    var blas: BLASEngine?
}
