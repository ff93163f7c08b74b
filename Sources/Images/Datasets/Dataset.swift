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
    /// The labels of all landmarks that a photo shows, −1 for one that is not among the classes; none =
    /// it shows no landmark. The first known one is the photo's label.
    func landmarks(_ index: Int) -> [Int32]
    /// What a table says a photo is used for, such as `Public` or `Private`; nil = nothing.
    func usage(_ index: Int) -> String?
}

extension Dataset {
    /// The one landmark that each photo shows where no table says otherwise.
    public func landmarks(_ index: Int) -> [Int32] { [label(index)] }

    /// Nothing is said about what photos are used for.
    public func usage(_ index: Int) -> String? { nil }
}

/// Some photos of a dataset, as a dataset.
public struct ChosenPhotos: Dataset {
    private let all: any Dataset
    private let chosen: [Int]
    /// The label of each photo.
    public let labels: [Int32]
    /// Photos of each class among them.
    public let countsPerClass: [Int]

    /// Takes the photos of `all` at the places `chosen`.
    public init(_ all: any Dataset, _ chosen: [Int]) {
        self.all = all
        self.chosen = chosen
        labels = chosen.map { all.label($0) }
        countsPerClass = PhotoList.count(labels, classes: all.classes.count)
    }

    /// Number of photos.
    public var count: Int { chosen.count }
    /// The classes of the whole dataset.
    public var classes: ClassIndex { all.classes }
    /// What a photo is called.
    public func id(_ index: Int) -> String { all.id(chosen[index]) }
    /// The file of a photo.
    public func path(_ index: Int) -> String { all.path(chosen[index]) }
    /// The label of a photo.
    public func label(_ index: Int) -> Int32 { labels[index] }
    /// The labels of all landmarks in a photo.
    public func landmarks(_ index: Int) -> [Int32] { all.landmarks(chosen[index]) }
    /// What a photo is used for.
    public func usage(_ index: Int) -> String? { all.usage(chosen[index]) }
}
