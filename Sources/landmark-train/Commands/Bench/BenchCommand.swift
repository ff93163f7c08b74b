import ArgumentParser

/// `landmark-train bench`.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how fast this machine trains, evaluates, exchanges and reads photos.",
        discussion: """
            Figures are minimum, median and maximum over repetitions after a warm-up. They hold \
            only on a machine that does nothing else.
            """,
        subcommands: [
            BenchStep.self, BenchLayers.self, BenchEvaluate.self, BenchExchange.self,
            BenchDecode.self,
        ]
    )
}
