import ArgumentParser

/// `landmark-train dataset`.
struct DatasetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dataset",
        abstract: "Describe, check, make and split folders of photos.",
        subcommands: [Describe.self, Check.self, Synthesize.self, SplitFolder.self]
    )
}
