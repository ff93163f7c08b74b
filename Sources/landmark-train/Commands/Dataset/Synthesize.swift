import ArgumentParser
import BuiltIn
import Distributed
import Files
import Images
import Reporting

/// `landmark-train dataset synthesize`.
struct Synthesize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw photos of built-in landmarks, in the layout of Google Landmarks.",
        discussion: "The same numbers give the same files, byte for byte."
    )

    @Argument(help: "Folder to make.")
    var folder: String

    @Option(help: "Landmarks.")
    var landmarks = LandmarkSet().landmarks

    @Option(help: "Photos to learn from, over all landmarks; some landmarks get many, most few.")
    var photos = LandmarkSet().trainingPhotos

    @Option(help: "Photos to judge by, over all landmarks.")
    var testPhotos = LandmarkSet().testPhotos

    @Option(help: "Pixels of a photo's longer side.")
    var imageSize = LandmarkSet().imageSize

    @Option(help: "Seed of landmarks and photos.")
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
