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

/// Some photos of a folder, of any of its parts.
struct FolderPhotos: Dataset {
    let folder: ListedFolder
    /// The photos, counted over all parts of the folder.
    let photos: [UInt32]
    let labels: [Int32]
    let countsPerClass: [Int]
    /// Whether labels are others than the folder's.
    private let isRelabelled: Bool
    /// Whether ids tell apart photos of different parts.
    private let isMixed: Bool

    /// Chooses photos.
    ///
    /// - Parameters:
    ///   - labels: the class of each; nil = as the folder has it.
    ///   - mixed: whether photos of several parts may have the same id.
    init(_ folder: ListedFolder, _ photos: [UInt32], labels: [Int32]? = nil, mixed: Bool = false) {
        self.folder = folder
        self.photos = photos
        isRelabelled = labels != nil
        isMixed = mixed
        let labels = labels ?? folder.labels(of: photos)
        self.labels = labels
        countsPerClass = PhotoList.count(labels, classes: folder.classes.count)
    }

    var count: Int { photos.count }
    var classes: ClassIndex { folder.classes }

    func label(_ index: Int) -> Int32 { labels[index] }

    func id(_ index: Int) -> String {
        let (list, place) = folder.place(Int(photos[index]))
        return isMixed ? list.name(place) : list.id(place)
    }

    func path(_ index: Int) -> String { folder.path(Int(photos[index])) }

    func landmarks(_ index: Int) -> [Int32] {
        guard !isRelabelled else { return [labels[index]] }
        let (list, place) = folder.place(Int(photos[index]))
        return list.landmarks(place)
    }

    func usage(_ index: Int) -> String? {
        let (list, place) = folder.place(Int(photos[index]))
        return list.usage(place)
    }
}
