import ArgumentParser
import Files
import Training

/// `landmark-train report`.
struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the report page of a run anew, RUN/report.html."
    )

    @Argument(help: ArgumentHelp("Run folder.", valueName: "run"))
    var folder: String

    func run() {
        World.launch(threads: 1) { world in
            try world.together {
                guard world.isRoot else { return }
                let run = RunFolder(folder)
                if let state = try RunReport.write(run, isOwn: false) {
                    Ending.say(state)
                }
                try StandardOutput.print(RunReport.path(run))
            }
            return 0
        }
    }
}
