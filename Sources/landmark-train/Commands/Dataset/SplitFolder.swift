import ArgumentParser
import Distributed
import Files
import Images
import Reporting

/// `landmark-train dataset split`.
struct SplitFolder: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split",
        abstract: "Hold out a part of each landmark's photos as a test split of its own.",
        discussion: "Each landmark keeps at least one photo to learn from."
    )

    @Argument(help: "Folder of photos without a test split.")
    var folder: String

    @Argument(help: "Folder to make, with train.csv and test.csv or train/ and test/.")
    var into: String

    @Option(help: "Share of each landmark's photos that is held out.")
    var holdOut = 0.2

    @Option(help: "Seed of the choice.")
    var seed: UInt64 = 1

    func run() {
        World.launch(threads: nil, alike: false) { world in
            try world.together {
                guard world.isRoot else { return }
                let photos = try writeSplit(
                    of: folder,
                    into: into,
                    holdOut: holdOut,
                    seed: seed,
                    threads: world.topology.allowedProcessors
                )
                for line in photos.findings.lines { Ending.say(line) }
                try StandardOutput.print(
                    "\(into): \(Figures.grouped(photos.training.count)) photos to learn from, "
                        + "\(Figures.grouped(photos.held.count)) held out"
                )
            }
            return 0
        }
    }
}
