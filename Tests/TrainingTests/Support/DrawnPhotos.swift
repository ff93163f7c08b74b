import Foundation
import Images
import Tensors
import Training

/// Photos drawn for tests: each class has its own colour and stripes, each photo its own noise.
struct DrawnPhotos: Dataset {
    let folder: TemporaryFolder
    let classes: ClassIndex
    let labels: [Int32]
    let countsPerClass: [Int]
    /// Numbers of the photos in the folder.
    private let numbers: [Int]

    /// Draws `count` photos of `classes` classes.
    init(_ count: Int, classes: Int, side: Int = 40) throws {
        folder = try TemporaryFolder()
        let index = ClassIndex(fitting: (0..<classes).map { Int64(100 + 7 * $0) })
        self.classes = index
        for number in 0..<count {
            let bitmap = DrawnPhotos.draw(number, number % classes, side)
            try folder.write("\(number).jpg", encodeJPEG(bitmap, quality: 92))
        }
        numbers = Array(0..<count)
        labels = numbers.map { Int32($0 % classes) }
        countsPerClass = (0..<classes).map { c in (0..<count).count { $0 % classes == c } }
    }

    private init(_ all: DrawnPhotos, _ numbers: Range<Int>) {
        folder = all.folder
        classes = all.classes
        self.numbers = Array(numbers)
        labels = numbers.map { all.labels[$0] }
        countsPerClass = (0..<all.classes.count).map { c in
            numbers.count { all.labels[$0] == Int32(c) }
        }
    }

    /// All photos for training but the last `held`.
    func split(held: Int) -> TrainingSet {
        TrainingSet(
            training: DrawnPhotos(self, 0..<count - held),
            held: DrawnPhotos(self, count - held..<count),
            classes: classes
        )
    }

    var count: Int { numbers.count }
    func id(_ index: Int) -> String { "photo-\(numbers[index])" }
    func path(_ index: Int) -> String { folder.file("\(numbers[index]).jpg") }
    func label(_ index: Int) -> Int32 { labels[index] }

    private static func draw(_ number: Int, _ label: Int, _ side: Int) -> Bitmap {
        var random = Random(seed: 5, .test, UInt64(number))
        var bitmap = Bitmap(width: side, height: side)
        let period = 3 + 2 * label
        for y in 0..<side {
            for x in 0..<side {
                let stripe = (label % 2 == 0 ? x : y) / period % 2 == 0 ? 90 : 0
                let noise = Int(random.uniform() * 60)
                bitmap[x, y] = SIMD3(
                    UInt8(stripe + noise),
                    UInt8(min(255, 40 * (label % 4) + noise)),
                    UInt8(100 + stripe / 2 + noise)
                )
            }
        }
        return bitmap
    }
}
