import Foundation
import Images
import Testing

@Suite struct StatisticsTests {
    /// Photos as listed by the Python below.
    private func photos(_ folder: TemporaryFolder) throws -> any Dataset {
        let counts = (0..<60).map { k in 1 + (k * 37 + k * k * 5) % 131 / (1 + k % 11) }
        var text = "id,landmark_id\n"
        var row = 0
        for round in 0..<131 {
            for k in (0..<60).reversed() where round < counts[k] {
                text += "\(String(row + 1_000_000, radix: 16)),\(1_000 + 7 * k)\n"
                row += 1
            }
        }
        try folder.write("train.csv", text)
        try folder.write("f/4/2/f4240.jpg")
        return try openPhotos(folder.path, holdOut: 0, seed: 0).training
    }

    // import numpy as np, pandas as pd
    // count = [1 + (k * 37 + k * k * 5) % 131 // (1 + k % 11) for k in range(60)]
    // rows = [1000 + 7 * k for r in range(131) for k in reversed(range(60)) if r < count[k]]
    // v = pd.Series(rows).value_counts()
    // print(v.describe().tolist(), v.head(10).to_dict(), v.tail(10).to_dict())
    // print(v.between(0, 5).sum(), v.between(5, 10).sum(), (v < 10).sum(), len(rows))
    // print(np.histogram(v, bins=100, range=(0, v.max()))[0].tolist())
    @Test func numbersAreThoseOfPandas() throws {
        let folder = try TemporaryFolder()
        let description = DatasetDescription(try photos(folder), testImages: 7)
        #expect(description.images == 1_313)
        #expect(description.classes == 60)
        let summary = description.imagesPerClass
        #expect(summary.count == 60)
        #expect(abs(summary.mean - 21.883333333333333) < 1e-12)
        #expect(abs((summary.std ?? 0) - 26.901636058033166) < 1e-12)
        #expect([summary.min, summary.quarter, summary.half] == [1, 7, 13])
        #expect([summary.threeQuarters, summary.max] == [23, 131])
        #expect(
            description.mostFrequent.map(\.landmarkID)
                == [
                    1385, 1231, 1077, 1154, 1084, 1238, 1161, 1308, 1392, 1322,
                ].map(LandmarkID.number)
        )
        #expect(
            description.mostFrequent.map(\.images) == [131, 117, 96, 91, 59, 48, 46, 43, 34, 34]
        )
        #expect(
            description.leastFrequent.map(\.landmarkID)
                == [
                    1203, 1182, 1371, 1294, 1133, 1273, 1224, 1042, 1315, 1000,
                ].map(LandmarkID.number)
        )
        #expect(description.leastFrequent.map(\.images) == [5, 4, 3, 3, 3, 2, 2, 2, 1, 1])
        #expect(description.classesUpTo5 == 11)
        #expect(description.classesFrom5To10 == 15)
        #expect(description.classesBelow10 == 22)
        #expect(description.histogram.high == 131)
        let bins: [Int: Int] = [
            0: 2, 1: 3, 2: 3, 3: 3, 4: 2, 5: 4, 6: 5, 7: 2, 8: 4, 9: 3, 10: 4, 11: 1, 12: 2, 14: 2,
            15: 2, 16: 3, 19: 1, 22: 1, 23: 1, 24: 1, 25: 3, 32: 1, 35: 1, 36: 1, 45: 1, 69: 1,
            73: 1, 89: 1, 99: 1,
        ]
        #expect(description.histogram.counts == (0..<100).map { bins[$0] ?? 0 })
    }

    // import pandas as pd
    // print(pd.Series([3, 8, 1, 4]).describe().tolist())
    @Test func quartilesInterpolate() {
        let summary = Summary([3, 8, 1, 4])
        #expect([summary.min, summary.quarter, summary.half] == [1, 2.5, 3.5])
        #expect([summary.threeQuarters, summary.max, summary.mean] == [5, 8, 4])
        #expect(abs((summary.std ?? 0) - 2.943920288775949) < 1e-14)
        #expect(Summary([5]).std == nil)
    }

    // import numpy as np
    // print(np.histogram(range(1297), bins=100, range=(0, 1296))[0][70:80].tolist())
    @Test func binEdgesAreRoundedAsInNumpy() {
        let histogram = Histogram(Array(0...1_296), bins: 100)
        #expect(histogram.counts[70..<80] == [13, 13, 13, 13, 13, 12, 13, 13, 13, 13])
        #expect(histogram.counts.reduce(0, +) == 1_297)
        #expect(histogram.edges(1) == 12.96...25.92)
    }

    @Test func jsonHasSnakeCaseKeysAndComesBack() throws {
        let folder = try TemporaryFolder()
        let description = DatasetDescription(try photos(folder), testImages: 7)
        let json = try JSONEncoder().encode(description)
        #expect(try JSONDecoder().decode(DatasetDescription.self, from: json) == description)
        let text = String(decoding: json, as: UTF8.self)
        for key in ["test_images", "most_frequent", "landmark_id", "images_per_class", "25%"] {
            #expect(text.contains("\"\(key)\":"))
        }
    }

    @Test func textSaysTheSame() throws {
        let folder = try TemporaryFolder()
        let text = DatasetDescription(try photos(folder), testImages: 7).text()
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines[0] == "Photos:        1,313, and 7 for testing")
        #expect(lines.contains("      131  1385  landmark 1385"))
        #expect(lines.contains("  std            26.901636"))
        #expect(lines.contains("Landmarks with 5 to 10 photos:            15  (25.0 %)"))
    }

    @Test(arguments: [1, 3])
    func everyBadPhotoIsNamed(threads: Int) throws {
        let folder = try TemporaryFolder()
        let good = try encodeJPEG(Bitmap(width: 40, height: 30), quality: 90)
        var rows = "id,landmark_id\n"
        for number in 0..<150 {
            let id = photoID(number)
            rows += "\(id),\(number % 3)\n"
            if number == 77 { continue }
            let name = "train/" + id.prefix(3).map { "\($0)/" }.joined() + id + ".jpg"
            try folder.write(name, number == 20 ? "no photo" : "")
            if number != 20 {
                try Data(good).write(to: URL(fileURLWithPath: folder.path + "/" + name))
            }
        }
        try folder.write("train.csv", rows)
        let photos = try openPhotos(folder.path, holdOut: 0, seed: 0).training
        let problems = try checkPhotos(photos, threads: threads)
        #expect(problems.map(\.path) == [photos.path(20), photos.path(77)])
        #expect(problems.allSatisfy { !$0.reason.isEmpty })
    }

    @Test func aSheetShowsSomeOfThePhotos() throws {
        let folder = try TemporaryFolder()
        let drawn = try encodeJPEG(waves(width: 32, height: 24), quality: 90)
        for number in 0..<9 {
            let name = "landmark \(number % 3)/\(number).jpg"
            try folder.write(name)
            _ = try folder.write(name, drawn)
        }
        let photos = try openPhotos(folder.path, holdOut: 0, seed: 0)
        let sheet = samplePhotos(photos.training, count: 4, seed: 1, title: "Four photos")
        #expect(sheet.sections[0].entries.count == 4)
        #expect(sheet.sections[0].entries.allSatisfy { $0.photo != nil })
        let names = Set(sheet.sections[0].entries.map { $0.lines[0].text })
        #expect(names.isSubset(of: Set(photos.classes.names)))
        let all = samplePhotos(photos.training, count: 40, seed: 1, title: "")
        #expect(Set(all.sections[0].entries.map { $0.lines[3].text }).count == 9)
    }
}
