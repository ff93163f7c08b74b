import ArgumentParser

/// Flags about the machine; they change no result.
struct MachineFlags: ParsableArguments {
    @Option(help: "Threads of each rank (default: its share of the allowed cores).")
    var threads: Int?
}
