import ArgumentParser
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
