import ArgumentParser
import BuiltIn
import Distributed
import Files
import Foundation
import Images
import Reporting
import Tensors
import Training

/// `landmark-train bench decode`.
struct BenchDecode: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Measure how fast photos are read: decoding, random crop, flip, normalisation."
    )

    @Argument(
        help: "Folder of JPEG photos, taken with all folders in it (default: built-in landmarks)."
    )
    var folder: String?

    @Option(help: "Photos at most, the first in the order of their paths.")
    var photos = 64

    @Option(help: "Pixels of the longer side of built-in photos.")
    var photoSize = 1600

    @Option(help: "Side of the square that photos become.")
    var imageSize = 224

    @Option(help: "Repetitions that are timed, after one warm-up.")
    var repetitions = 5

    @OptionGroup var machine: MachineFlags
    @OptionGroup var output: BenchOutput

    func run() {
        World.launch(threads: machine.threads) { world in
            try world.together {
                try NumberFlag.require(photos, "--photos", 1...10_000_000)
                try NumberFlag.require(photoSize, "--photo-size", 16...4096)
                try NumberFlag.require(imageSize, "--image-size", NumberFlag.side)
                try NumberFlag.require(repetitions, "--repetitions", NumberFlag.repetitions)
                guard world.isRoot else { return }
                let result = try withPhotos(world.pool.threads) { paths in
                    try DecodeBenchmark(
                        paths,
                        imageSize: imageSize,
                        repetitions: repetitions,
                        pool: world.pool
                    )
                }
                try output.print(result) { lines(result, world) }
            }
            return 0
        }
    }

    /// Runs `body` with the photos of the folder, or with drawn ones that are removed afterwards.
    private func withPhotos<T>(_ threads: Int, _ body: ([String]) throws -> T) throws -> T {
        if let folder { return try body(found(in: folder)) }
        let drawn = FileManager.default.temporaryDirectory
            .appendingPathComponent("landmark-train-\(UUID().uuidString)").path
        defer { removeTree(drawn) }
        let set = LandmarkSet(
            landmarks: 2,
            trainingPhotos: max(min(photos, 16), 2),
            testPhotos: 0,
            imageSize: photoSize
        )
        Terminal.standardError.replace("drawing \(set.trainingPhotos) photos")
        try BuiltInFolder.draw(set, into: drawn, threads: threads)
        Terminal.standardError.replace("")
        return try body(found(in: drawn))
    }

    private func found(in folder: String) throws -> [String] {
        let paths = photoFiles(below: folder)
        guard !paths.isEmpty else {
            throw ImagesError.files(
                "\(folder) holds no .jpg or .jpeg file; name a folder of photos"
            )
        }
        return Array(paths.prefix(photos))
    }

    /// The photos in a folder and in those within it, links to folders not followed.
    private func photoFiles(below folder: String) -> [String] {
        guard let listing = try? FolderListing(folder) else { return [] }
        let files = listing.files.filter {
            ["jpg", "jpeg"].contains(Path.fileExtension(of: $0))
        }
        return files.map { Path.joined(folder, $0) }
            + listing.folders.map { Path.joined(folder, $0) }.filter { !Path.isLink($0) }
            .flatMap(photoFiles)
    }

    private func lines(_ result: DecodeBenchmark, _ world: World) -> [String] {
        let rows = [
            ["", "min", "median", "max"],
            ["images/s"] + result.imagesPerSecond.cells(decimals: 1),
            ["a thread"] + result.imagesPerSecondAndThread.cells(decimals: 1),
        ]
        return [
            "\(result.photos) photos of \(result.width)×\(result.height) pixels, "
                + "\(Figures.bytes(result.bytes)) on average, to \(imageSize)×\(imageSize)",
            "\(Figures.count(result.threads, "thread")), \(world.topology.cpuModel)",
            "",
        ] + TextTable(rows).lines
    }
}
