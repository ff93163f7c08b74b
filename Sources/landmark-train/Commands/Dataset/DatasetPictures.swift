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
            ("landmarks.svg", Data(landmarks.document().utf8)),
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

    private var landmarks: BarChart {
        let classes = photos.classes
        return BarChart(
            title: "Photos of each landmark",
            xLabel: "landmark id",
            yLabel: "number of images",
            bars: zip(classes.ids.indices, photos.countsPerClass).map { label, count in
                let id = Double(classes.ids[label])
                return .init(
                    lower: id,
                    upper: id + 1,
                    value: Double(count),
                    note: "\(classes.names[label]): \(count)"
                )
            }
        )
    }
}
