/// Weights of classes by inverse frequency, scaled so that their mean over all photos is 1.
///
/// Each class that has photos then has the same share of the whole loss. A class without photos
/// gets 0; labels below 0 are not counted.
public func classWeights(_ labels: [Int32], classes: Int) -> [Float] {
    var counts = [Int](repeating: 0, count: classes)
    for label in labels where label >= 0 { counts[Int(label)] += 1 }
    let photos = counts.reduce(0, +)
    let present = counts.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
    return counts.map { count in
        count > 0 ? Float(Double(photos) / (Double(present) * Double(count))) : 0
    }
}
