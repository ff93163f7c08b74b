import ArgumentParser
import Files
import Foundation
import Images
import Reporting
import Tensors
import Training

/// `landmark-train dataset describe`.
struct Describe: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell how many photos of how many landmarks there are, and how they are spread."
    )

    @Argument(help: "Folder of photos: Google Landmarks files, or one folder per class.")
    var folder: String

    @Flag(help: "Print JSON instead of text.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Folder to draw in: two histograms as SVG and some photos as a JPEG.",
            valueName: "folder"
        )
    )
    var pictures: String?

    @Option(help: "Seed of the choice of photos that are drawn.")
    var seed: UInt64 = 1

    func run() {
        World.launch(threads: 1) { world in
            try world.together {
                guard world.isRoot else { return }
                try describe()
            }
            return 0
        }
    }

    private func describe() throws {
        let listed = try ListedFolder(folder, needsPhotos: false)
        guard let training = listed.listedTraining else {
            throw TrainingError.data("\(folder) has test photos alone; there is no train.csv")
        }
        let description = DatasetDescription(
            training,
            validationImages: listed.listedValidation?.count,
            testImages: listed.listedTest?.count
        )
        for line in listed.remarks.lines { Ending.say(line) }
        if json {
            try StandardOutput.write(
                String(decoding: try description.jsonPage(), as: UTF8.self) + "\n"
            )
        } else {
            try StandardOutput.write(description.text())
        }
        for line in try findings(listed) { Ending.say(line) }
        guard let pictures else { return }
        let pages = DatasetPictures(training, description, seed: seed)
        for path in try pages.write(to: pictures) { Ending.say("wrote \(path)") }
    }

    /// What is wrong with the photos as a whole; of tables whose photos are elsewhere, what the tables
    /// alone show.
    private func findings(_ listed: ListedFolder) throws -> [String] {
        guard listed.count <= ListedFolder.inspectedAtMost else {
            return ["photos are not compared here, as there are many; dataset check compares them"]
        }
        guard listed.sample(64).contains(where: { listed.isThere($0) }) else {
            return try listed.findings([], examples: 1).lines.dropLast(1).map { $0 }
        }
        let pool = ThreadPool(threads: ProcessInfo.processInfo.activeProcessorCount)
        defer { pool.close() }
        return try listed.findings(listed.inspect(0..<listed.count, pool), examples: 1).lines
    }
}
