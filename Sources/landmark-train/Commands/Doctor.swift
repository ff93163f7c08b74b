import ArgumentParser
import Distributed
import Files
import Foundation

/// `landmark-train doctor`.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look whether this machine, or each node of a cluster, is fit to train on.",
        discussion: """
            Under mpirun each node is looked at once. The exit code is 70 where something would \
            keep a run from working.
            """
    )

    @Option(name: [.short, .long], help: "Folder that runs would be kept in.")
    var output = "runs"

    @OptionGroup var machine: MachineFlags

    func run() {
        World.launch(threads: machine.threads, alike: false) { world in
            let findings = MachineCheck(world: world, output: output).findings
            let isWrong = findings.contains { $0.verdict == .wrong }
            let own = [world.topology.node, isWrong ? "wrong" : "fine"] + findings.map(\.line)
            let all = try world.communicator.gather(own)
            try world.together {
                guard world.isRoot else { return }
                var told: Set<String> = []
                for lines in all where told.insert(lines[0]).inserted {
                    try StandardOutput.print([lines[0]] + lines.dropFirst(2).map { "  " + $0 })
                }
            }
            return all.contains { $0[1] == "wrong" } ? 70 : 0
        }
    }
}
