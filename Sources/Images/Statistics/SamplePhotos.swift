import Tensors

/// A sheet of some photos of a dataset, chosen at random.
///
/// - Parameters:
///   - photos: the photos.
///   - count: how many to show.
///   - seed: seed of the choice.
public func samplePhotos(
    _ photos: any Dataset,
    count: Int = 4,
    seed: UInt64,
    title: String
) -> PhotoSheet {
    var random = Random(seed: seed, .display)
    var chosen: [Int] = []
    while chosen.count < min(count, photos.count) {
        let photo = random.integer(below: photos.count)
        if !chosen.contains(photo) { chosen.append(photo) }
    }
    let entries = chosen.map { photo in
        let label = Int(photos.label(photo))
        let classes = photos.classes
        let lines =
            label < 0
            ? [PhotoSheet.Line("unknown landmark", .strong)]
            : [
                PhotoSheet.Line(classes.names[label], .strong),
                PhotoSheet.Line("landmark \(classes.landmarkID(label))", .faint),
                PhotoSheet.Line(number(photos.countsPerClass[label]), .faint),
            ]
        return PhotoSheet.Entry(
            path: photos.path(photo),
            lines: lines + [PhotoSheet.Line(photos.id(photo), .faint)]
        )
    }
    return PhotoSheet(title: title, sections: [.init("", entries)], columns: max(count, 1))
}

/// How many photos there are, in words.
private func number(_ photos: Int) -> String { photos == 1 ? "1 photo" : "\(photos) photos" }
