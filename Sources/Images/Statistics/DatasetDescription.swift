import Foundation

/// What there is to say about the photos of a dataset, as the well-known exploration of Google
/// Landmarks with pandas says it.
///
/// As JSON its keys are in `snake_case`.
public struct DatasetDescription: Codable, Sendable, Equatable {
    /// A landmark and how often it was photographed.
    public struct Landmark: Codable, Sendable, Equatable {
        /// Its id, or the name of its folder.
        public let landmarkID: LandmarkID
        /// Its name.
        public let name: String
        /// Its photos.
        public let images: Int

        enum CodingKeys: String, CodingKey {
            case landmarkID = "landmark_id"
            case name, images
        }
    }

    /// Photos.
    public let images: Int
    /// Landmarks with at least one photo.
    public let classes: Int
    /// Photos of the folder's own validation part; nil where there is none.
    public let validationImages: Int?
    /// Photos of the folder's own test part; nil where there is none.
    public let testImages: Int?
    /// The ten landmarks with the most photos, the most first; of equals the one listed first.
    public let mostFrequent: [Landmark]
    /// The ten landmarks with the fewest photos, the fewest last.
    public let leastFrequent: [Landmark]
    /// Summary of the number of photos per landmark.
    public let imagesPerClass: Summary
    /// Landmarks with at most 5 photos.
    public let classesUpTo5: Int
    /// Landmarks with 5 to 10 photos, both included.
    public let classesFrom5To10: Int
    /// Landmarks with fewer than 10 photos.
    public let classesBelow10: Int
    /// Landmarks by their number of photos, in 100 bins.
    public let histogram: Histogram

    enum CodingKeys: String, CodingKey {
        case images, classes
        case validationImages = "validation_images"
        case testImages = "test_images"
        case mostFrequent = "most_frequent"
        case leastFrequent = "least_frequent"
        case imagesPerClass = "images_per_class"
        case classesUpTo5 = "classes_up_to_5"
        case classesFrom5To10 = "classes_from_5_to_10"
        case classesBelow10 = "classes_below_10"
        case histogram
    }

    /// Describes a dataset, of whose photos at least one has a label.
    ///
    /// - Parameters:
    ///   - photos: what is trained on, or all photos where there is no other part.
    ///   - validationImages: photos of the validation part, if there is one.
    ///   - testImages: photos of the test part, if there is one.
    public init(_ photos: any Dataset, validationImages: Int? = nil, testImages: Int? = nil) {
        let all = photos.countsPerClass
        let labels = photos.labels
        var firstRow = [Int](repeating: Int.max, count: all.count)
        for (row, label) in labels.enumerated().reversed() where label >= 0 {
            firstRow[Int(label)] = row
        }
        // As pandas' value_counts(): by falling count, equals in the order of their first rows.
        let order = all.indices.filter { all[$0] > 0 }.sorted {
            (all[$1], firstRow[$0]) < (all[$0], firstRow[$1])
        }
        let index = photos.classes
        func landmark(_ label: Int) -> Landmark {
            Landmark(
                landmarkID: index.landmarkID(label),
                name: index.names[label],
                images: all[label]
            )
        }
        let counts = order.map { all[$0] }
        images = labels.count
        classes = counts.count
        self.validationImages = validationImages
        self.testImages = testImages
        mostFrequent = order.prefix(10).map(landmark)
        leastFrequent = order.suffix(10).map(landmark)
        imagesPerClass = Summary(counts)
        classesUpTo5 = counts.count { $0 <= 5 }
        classesFrom5To10 = counts.count { (5...10).contains($0) }
        classesBelow10 = counts.count { $0 < 10 }
        histogram = Histogram(counts, bins: 100)
    }
}

extension DatasetDescription {
    /// The description as lines of text for a terminal.
    public func text() -> String {
        var lines = [
            "Photos:        \(grouped(images))"
                + (validationImages.map { ", \(grouped($0)) for validation" } ?? "")
                + (testImages.map { ", and \(grouped($0)) for testing" } ?? ""),
            "Landmarks:     \(grouped(classes))",
            "",
            "Most frequent landmarks",
        ]
        lines += table(mostFrequent)
        lines += ["", "Least frequent landmarks"]
        lines += table(leastFrequent)
        lines += ["", "Photos per landmark"]
        let summary = imagesPerClass
        for (name, value) in [
            ("count", Double(summary.count)), ("mean", summary.mean), ("std", summary.std),
            ("min", summary.min), ("25%", summary.quarter), ("50%", summary.half),
            ("75%", summary.threeQuarters), ("max", summary.max),
        ] as [(String, Double?)] {
            let number = value.map { String(format: "%.6f", $0) } ?? "NaN"
            lines.append(
                "  " + name.padding(toLength: 8, withPad: " ", startingAt: 0)
                    + padded(number, 16)
            )
        }
        lines += [
            "",
            "Landmarks with at most 5 photos:   \(share(classesUpTo5))",
            "Landmarks with 5 to 10 photos:     \(share(classesFrom5To10))",
            "Landmarks with fewer than 10:      \(share(classesBelow10))",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private func table(_ landmarks: [Landmark]) -> [String] {
        let width = landmarks.map { "\($0.landmarkID)".count }.max() ?? 0
        return landmarks.map { landmark in
            let count = padded(grouped(landmark.images), 9)
            return switch landmark.landmarkID {
            case .number(let id): count + "  " + padded(String(id), width) + "  \(landmark.name)"
            case .folder(let name): count + "  " + name
            }
        }
    }

    private func share(_ count: Int) -> String {
        padded(grouped(count), 9)
            + String(format: "  (%.1f %%)", 100 * Double(count) / Double(max(classes, 1)))
    }

    private func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(width - text.count, 0)) + text
    }

    /// A number with commas between groups of three digits.
    private func grouped(_ number: Int) -> String {
        var digits = String(number)
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
            place -= 3
        }
        return digits
    }
}
