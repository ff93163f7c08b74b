import Images
import Tensors

/// A batch of noise in the place of photos.
///
/// What stands at a position of the global batch is a function of the position alone.
///
/// - Parameters:
///   - positions: of the photos in the global batch.
///   - classes: number of classes that labels are drawn from.
func randomPhotos(_ positions: Range<Int>, imageSize: Int, classes: Int) -> LoadedBatch {
    let perPhoto = imageSize * imageSize * 3
    let images = Storage(count: positions.count * perPhoto)
    var labels: [Int32] = []
    for (n, position) in positions.enumerated() {
        var random = Random(seed: 1, .benchmark, 0, UInt64(position))
        labels.append(Int32(random.integer(below: classes)))
        // Uniform with the deviation 1 of normalised photos.
        for i in n * perPhoto..<(n + 1) * perPhoto {
            images.base[i] = random.uniform(-1.732, 1.732)
        }
    }
    return LoadedBatch(images: images, imageSize: imageSize, labels: labels)
}
