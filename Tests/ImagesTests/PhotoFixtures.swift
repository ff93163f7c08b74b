import Foundation
import Images
import Tensors

extension TemporaryFolder {
    /// Writes a file and returns its path.
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }
}

/// Photos by path; the classes 0, 1 and 2 take turns.
struct ListedPhotos: PhotoSource {
    var paths: [String]

    func path(_ index: Int) -> String { paths[index] }
    func label(_ index: Int) -> Int32 { Int32(index % 3) }
}

/// The whole photo, antialiased.
struct WholePhoto: Augmentation {
    func apply(to plan: inout SamplePlan, using random: inout Random) {}
}

/// A set crop.
struct SetCrop: Augmentation {
    var box: CropBox
    func apply(to plan: inout SamplePlan, using random: inout Random) { plan.crop = box }
}

/// Smooth waves, unlike in all corners.
func waves(width: Int, height: Int) -> Bitmap {
    var bitmap = Bitmap(width: width, height: height)
    for y in 0..<height {
        for x in 0..<width {
            let (u, v) = (Double(x) / Double(width), Double(y) / Double(height))
            bitmap[x, y] = SIMD3(
                UInt8(128 + 100 * sin(3 * u + v)),
                UInt8(128 + 100 * cos(4 * v - u)),
                UInt8(40 + 150 * u * v)
            )
        }
    }
    return bitmap
}

/// What the reader makes of one photo, as values 0…255.
func sample(
    _ path: String,
    size: Int,
    _ augmentations: [any Augmentation],
    random: Random = Random(seed: 1, .test)
) throws -> [Float] {
    let storage = Storage(count: size * size * 3)
    try PhotoReader().sample(
        PhotoBytes(path: path),
        imageSize: size,
        augmentations: augmentations,
        normalisation: .unit,
        random: random,
        into: storage.base
    )
    return storage.buffer.map { $0 * 255 }
}

/// Mean absolute difference.
func meanDifference(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count, !a.isEmpty else { return .infinity }
    return zip(a, b).reduce(0) { $0 + abs($1.0 - $1.1) } / Float(a.count)
}

/// All values of a bitmap.
func values(_ bitmap: Bitmap) -> [Float] { bitmap.pixels.map { Float($0) } }
