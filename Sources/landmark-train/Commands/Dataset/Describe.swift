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
        abstract: "Count photos and landmarks, and show how photos are distributed over landmarks."
    )

    @Argument(help: "Folder of photos: Google Landmarks files, or one folder per class.")
    var folder: String

    @Flag(help: "Print JSON instead of text.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Folder for pictures: two histograms as SVG and a sample of photos as a JPEG.",
            valueName: "folder"
        )
    )
    var pictures: String?

    @Option(help: "Seed of the random choice of photos.")
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

/// The pictures of a dataset: how many landmarks have how many photos, the photos of each landmark,
/// and some photos.
struct DatasetPictures {
    private let photos: any Dataset
    private let description: DatasetDescription
    private let seed: UInt64

    init(_ photos: any Dataset, _ description: DatasetDescription, seed: UInt64) {
        self.photos = photos
        self.description = description
        self.seed = seed
    }

    /// Writes the pictures into `folder`, which is made where it is missing.
    ///
    /// - Returns: their paths.
    func write(to folder: String) throws -> [String] {
        try makeFolders(folder)
        let sheet = samplePhotos(photos, seed: seed, title: "Photos chosen by chance")
        let pictures = [
            ("images-per-landmark.svg", Data(histogram.document().utf8)),
            ("landmarks.svg", Data(landmarks.utf8)),
            ("photos.jpg", Data(try sheet.jpeg())),
        ]
        return try pictures.map { name, data in
            let path = Path.joined(folder, name)
            try OutputFile.write(data, to: path)
            return path
        }
    }

    private var histogram: BarChart {
        let counts = description.histogram
        return BarChart(
            title: "How many landmarks have how many photos",
            xLabel: "Amount of images",
            yLabel: "Occurrences",
            bars: counts.counts.enumerated().map { bin, count in
                let edges = counts.edges(bin)
                return .init(
                    lower: edges.lowerBound,
                    upper: edges.upperBound,
                    value: Double(count)
                )
            }
        )
    }

    /// The photos of each landmark: bars with names, the most photographed first, or of more landmarks
    /// than have room one bar for each id.
    private var landmarks: String {
        let classes = photos.classes
        let title = "Photos of each landmark"
        let counts = photos.countsPerClass
        guard classes.count > NamedBarChart.most else {
            let bars = zip(classes.names, counts).map { NamedBarChart.Bar(name: $0, count: $1) }
            let sorted = bars.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
            return NamedBarChart(title: title, label: "number of images", bars: sorted).document()
        }
        return BarChart(
            title: title,
            xLabel: "landmark id",
            yLabel: "number of images",
            bars: zip(classes.ids.indices, counts).map { label, count in
                let id = Double(classes.ids[label])
                return .init(
                    lower: id,
                    upper: id + 1,
                    value: Double(count),
                    note: "\(classes.names[label]): \(count)"
                )
            }
        ).document()
    }
}
