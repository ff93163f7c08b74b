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
