/// Photos with labels.
public protocol Dataset: PhotoSource {
    /// Number of photos.
    var count: Int { get }
    /// The classes that labels stand for.
    var classes: ClassIndex { get }
    /// The label of each photo, −1 where it is unknown.
    var labels: [Int32] { get }
    /// What a photo is called in tables; unique within the dataset.
    func id(_ index: Int) -> String
    /// Photos of each class.
    var countsPerClass: [Int] { get }
}
