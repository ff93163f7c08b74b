import ArgumentParser
import Foundation
import Images
import Reporting

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
        let photos = try openListed(folder)
        let description = DatasetDescription(
            photos.training,
            validationImages: photos.source == .validation ? photos.held.count : nil,
            testImages: photos.test?.count ?? (photos.source == .test ? photos.held.count : nil)
        )
        for line in photos.remarks.lines { Ending.say(line) }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .withoutEscapingSlashes, .sortedKeys]
            print(String(decoding: try encoder.encode(description), as: UTF8.self))
        } else {
            print(description.text(), terminator: "")
        }
        guard let pictures else { return }
        let pages = DatasetPictures(photos.training, description, seed: seed)
        for path in try pages.write(to: pictures) { Ending.say("wrote \(path)") }
    }
}
