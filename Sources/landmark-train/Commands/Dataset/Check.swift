import ArgumentParser
import Distributed
import Images
import Reporting

/// `landmark-train dataset check`.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open every photo and list what is wrong with which file.",
        discussion: """
            Standard output gets a table path,reason of the photos that cannot be used; the exit \
            code is 65 where there are any.
            """
    )

    @Argument(help: "Folder of photos: Google Landmarks files, or one folder per class.")
    var folder: String

    @OptionGroup var machine: MachineFlags

    func run() {
        World.launch(threads: machine.threads) { world in
            let wrong = try world.fromRoot(Int.self) {
                try check(threads: machine.threads ?? world.topology.allowedProcessors)
            }
            return wrong == 0 ? 0 : Ending.badData
        }
    }

    /// Returns the number of photos that cannot be used.
    private func check(threads: Int) throws -> Int {
        let photos = try openPhotos(folder, holdOut: 0, seed: 0)
        for line in photos.remarks.lines { Ending.say(line) }
        let parts = [photos.training, photos.held] + (photos.test.map { [$0] } ?? [])
        let total = parts.reduce(0) { $0 + $1.count }
        var problems: [PhotoProblem] = []
        var before = 0
        for part in parts where part.count > 0 {
            let done = before
            problems += try checkPhotos(part, threads: threads) { count in
                Terminal.standardError.replace(
                    "checking \(Figures.grouped(done + count))/\(Figures.grouped(total))"
                )
            }
            before += part.count
        }
        Terminal.standardError.replace("")
        if !problems.isEmpty { print("path,reason") }
        for problem in problems {
            print(CommaSeparated.line([problem.path, problem.reason]), terminator: "")
        }
        Ending.say(
            "\(Figures.grouped(total)) photos opened, \(Figures.grouped(problems.count)) "
                + "cannot be used"
        )
        for line in commonReasons(problems) { Ending.say(line) }
        return problems.count
    }
}
