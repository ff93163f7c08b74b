import ArgumentParser
import Distributed
import Files
import Images
import Reporting
import Tensors

/// `landmark-train dataset check`.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open every photo and list what is wrong with which file.",
        discussion: """
            Standard output gets a table path,reason of the photos that cannot be used, of copies, \
            and of photos with two landmarks; the exit code is 65 where photos cannot be used, are \
            both learned from and judged, or have two landmarks.
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

    /// Returns the number of photos that cannot be used, or not as they are.
    private func check(threads: Int) throws -> Int {
        let listed = try ListedFolder(folder)
        for line in listed.remarks.lines { Ending.say(line) }
        let parts = [listed.listedTraining, listed.listedValidation, listed.listedTest]
            .compactMap { $0 }
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
        Terminal.standardError.replace("comparing \(Figures.grouped(total)) photos")
        let pool = ThreadPool(threads: max(threads, 1))
        defer { pool.close() }
        let findings = try listed.findings(
            listed.inspect(0..<listed.count, pool),
            examples: total
        )
        Terminal.standardError.replace("")
        let rows = (problems + findings.problems).map { CommaSeparated.line([$0.path, $0.reason]) }
        if !rows.isEmpty { try StandardOutput.write("path,reason\n" + rows.joined()) }
        Ending.say(
            "\(Figures.grouped(total)) photos opened, \(Figures.grouped(problems.count)) "
                + "cannot be used"
        )
        for line in commonReasons(problems) + findings.lines { Ending.say(line) }
        return problems.count + findings.leaks.count + findings.conflicts.count
            + findings.contradictions.count
    }
}
