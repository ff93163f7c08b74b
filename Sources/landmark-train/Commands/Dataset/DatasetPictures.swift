import Files
import Foundation
import Images
import Reporting

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
