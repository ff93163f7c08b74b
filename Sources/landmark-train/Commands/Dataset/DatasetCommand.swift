import ArgumentParser
import BuiltIn
import Distributed
import Files
import Images
import Reporting
import Tensors

/// `landmark-train dataset`.
struct DatasetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dataset",
        abstract: "Describe, check, make and split folders of photos.",
        subcommands: [Describe.self, Check.self, Synthesize.self, SplitFolder.self]
    )
}

/// `landmark-train dataset check`.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open every photo and list what is wrong with which file.",
        discussion: """
            Standard output gets a table path,reason of the photos that cannot be used, of copies, \
            and of photos with two landmarks; the exit code is 65 where photos cannot be used, are \
            both training and test photos, or have two landmarks.
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

/// `landmark-train dataset split`.
struct SplitFolder: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split",
        abstract: "Hold out a part of each landmark's photos as a test split of its own.",
        discussion: "Each landmark keeps at least one training photo."
    )

    @Argument(help: "Folder of photos without a test split.")
    var folder: String

    @Argument(help: "Folder to make, with train.csv and test.csv or train/ and test/.")
    var into: String

    @Option(help: "Fraction of each landmark's photos to hold out.")
    var holdOut = 0.2

    @Option(help: "Seed of the random choice.")
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
                    "\(into): \(Figures.grouped(photos.training.count)) training photos, "
                        + "\(Figures.grouped(photos.held.count)) held out"
                )
            }
            return 0
        }
    }
}

/// `landmark-train dataset synthesize`.
struct Synthesize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw photos of built-in landmarks, in the layout of Google Landmarks.",
        discussion: "The same numbers give the same files, byte for byte."
    )

    @Argument(help: "Folder to make.")
    var folder: String

    @Option(help: "Number of landmarks.")
    var landmarks = LandmarkSet().landmarks

    @Option(help: "Training photos of all landmarks; some landmarks get many, most few.")
    var photos = LandmarkSet().trainingPhotos

    @Option(help: "Test photos of all landmarks.")
    var testPhotos = LandmarkSet().testPhotos

    @Option(help: "Pixels of a photo's longer side.")
    var imageSize = LandmarkSet().imageSize

    @Option(help: "Seed of the random landmarks and photos.")
    var seed: UInt64 = 1

    @OptionGroup var machine: MachineFlags

    func run() {
        World.launch(threads: machine.threads) { world in
            let set = LandmarkSet(
                landmarks: landmarks,
                trainingPhotos: photos,
                testPhotos: testPhotos,
                imageSize: imageSize,
                seed: seed
            )
            try world.together {
                guard world.isRoot else { return }
                let threads = machine.threads ?? world.topology.allowedProcessors
                if let problem = set.problem { throw ImagesError.usage(problem) }
                let total = Figures.grouped(photos + testPhotos)
                try BuiltInFolder.draw(set, into: folder, threads: threads) {
                    Terminal.standardError.replace("drawing \(Figures.grouped($0))/\(total)")
                }
                Terminal.standardError.replace("")
                try StandardOutput.print(folder)
            }
            return 0
        }
    }
}
