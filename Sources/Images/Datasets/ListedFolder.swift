import Files
public import Tensors

/// The photos of a folder as it lists them, before it is decided which are trained on.
public struct ListedFolder: Sendable {
    /// Photos of a folder that are inspected where nothing else is said.
    public static let inspectedAtMost = 200_000

    /// The folder.
    public let directory: String
    /// The classes that labels stand for: the folder's own, or those of a network.
    public let classes: ClassIndex
    /// The training photos; nil where the folder has others alone.
    let training: PhotoList?
    /// Photos of the folder's own validation part, if any.
    let validation: PhotoList?
    /// Photos of the folder's own test part, if any.
    let test: PhotoList?
    /// What lies beside the photos and is not used.
    private let layout: PhotoRemarks

    /// Lists a folder.
    ///
    /// - Parameters:
    ///   - directory: Google Landmarks files, or one folder per class.
    ///   - classes: the classes of a network, among which each photo gets its label, as `ClassMatch`
    ///     says; nil = those of the training photos.
    ///   - table: a table id,landmark_id, or id,landmarks as contests have it, whose photos are the test
    ///     photos, the only ones; nil = as the folder has it.
    ///   - needsPhotos: whether tables without any of their photos are refused.
    /// - Throws: `ImagesError` where there is no such folder, where its tables lack columns or rows, and
    ///   where no photo is found.
    public init(
        _ directory: String,
        classes: ClassIndex? = nil,
        table: String? = nil,
        needsPhotos: Bool = true
    ) throws {
        self.directory = directory
        if let table, let classes {
            training = nil
            validation = nil
            test = try LandmarkLayout(directory, table: table).test(classes)
            layout = PhotoRemarks()
            self.classes = classes
            return
        }
        let layout = try findLayout(directory, needsPhotos: needsPhotos)
        let own = try classes == nil || layout.hasTraining ? layout.training() : nil
        training = classes.map { known in own.map { $0.labelled(among: known) } } ?? own
        let classes = classes ?? own?.classes ?? ClassIndex(folders: [])
        self.classes = classes
        var remarks = layout.remarks
        func part(_ list: PhotoList?) -> PhotoList? {
            guard let list, list.count == 0 else { return list }
            remarks = remarks + list.remarks
            return nil
        }
        validation = part(try layout.validation(classes))
        test = part(try layout.test(classes))
        self.layout = remarks
    }

    /// The lists of all parts, in the order in which photos are counted.
    private var lists: [PhotoList] { [training, validation, test].compactMap { $0 } }

    /// The training photos as they are listed; nil where the folder has others alone.
    public var listedTraining: (any Dataset)? { training }
    /// The folder's own validation photos as they are listed, if any.
    public var listedValidation: (any Dataset)? { validation }
    /// The folder's own test photos as they are listed, if any.
    public var listedTest: (any Dataset)? { test }

    /// The photos of all parts, called by names that tell them apart.
    public var allPhotos: any Dataset {
        FolderPhotos(self, (0..<count).map { UInt32($0) }, mixed: true)
    }

    /// What there is to say about the folder and all of its lists.
    public var remarks: PhotoRemarks { remarks(lists) }

    /// What there is to say about the folder and some of its lists.
    func remarks(_ lists: [PhotoList]) -> PhotoRemarks { lists.map(\.remarks).reduce(layout, +) }

    /// Whether a photo's name is given to one photo in the world.
    var namesAreGlobal: Bool { lists.first?.files.namesAreGlobal ?? false }

    /// The photos of the validation part, counted over all parts.
    var validationPhotos: Range<Int> {
        let start = training?.count ?? 0
        return start..<start + (validation?.count ?? 0)
    }

    /// The photos of the test part, counted over all parts.
    var testPhotos: Range<Int> { validationPhotos.upperBound..<count }

    /// What is wrong with the photos as a whole: missing ones, copies, contradictions.
    ///
    /// - Parameters:
    ///   - facts: what is known of each photo's file; empty = nothing.
    ///   - examples: photos of each kind that are named.
    public func findings(_ facts: [PhotoFact], examples: Int) throws -> PhotoFindings {
        guard let training else { return PhotoFindings() }
        var parting = TrainingSplit(self, facts: facts, examples: examples)
        _ = try parting.part(training, share: 0, seed: 0)
        return parting.findings
    }

    /// Photos of all parts.
    public var count: Int {
        (training?.count ?? 0) + (validation?.count ?? 0) + (test?.count ?? 0)
    }

    /// The list that holds photo `index`, counted over all parts, and its place there.
    func place(_ index: Int) -> (list: PhotoList, index: Int) {
        var place = index
        for list in [training, validation, test] {
            guard let list else { continue }
            if place < list.count { return (list, place) }
            place -= list.count
        }
        preconditionFailure("the folder has no photo \(index)")
    }

    /// What photo `index` is called among all of the folder.
    func name(_ index: Int) -> String {
        let (list, place) = place(index)
        return list.name(place)
    }

    /// The file of photo `index`.
    public func path(_ index: Int) -> String {
        let (list, place) = place(index)
        return list.path(place)
    }

    /// The classes of many photos, −1 where one is unknown.
    func labels(of photos: [UInt32]) -> [Int32] {
        let all = lists.count == 1 ? lists[0].labels : lists.flatMap(\.labels)
        return photos.map { all[Int($0)] }
    }

    /// The class of photo `index`, −1 where it is unknown.
    func label(_ index: Int) -> Int32 {
        let (list, place) = place(index)
        return list.label(place)
    }

    /// Looks at the files of some photos.
    ///
    /// - Parameters:
    ///   - range: photos, counted over all parts.
    ///   - pool: threads that look.
    ///   - known: what a run noted of its photos; files that did not change since are not read again.
    /// - Returns: a fact for each photo of the range.
    public func inspect(
        _ range: Range<Int>,
        _ pool: ThreadPool,
        known: PhotoRecord? = nil
    ) -> [PhotoFact] {
        var before: [String: PhotoFact] = [:]
        for part in [known?.learned, known?.held].compactMap({ $0 }) where !part.facts.isEmpty {
            for index in 0..<part.count { before[part.name(index)] = part.facts[index] }
        }
        let noted = before
        return [PhotoFact](unsafeUninitializedCapacity: range.count) { facts, count in
            count = range.count
            guard let base = facts.baseAddress else { return }
            nonisolated(unsafe) let target = base
            pool.parallelRanges(range.count, grain: 16) { part, _ in
                let inspector = FileInspector()
                for offset in part {
                    let index = range.lowerBound + offset
                    let fact = inspector.look(
                        path(index),
                        known: noted.isEmpty ? nil : noted[name(index)]
                    )
                    (target + offset).initialize(to: fact)
                }
            }
        }
    }

    /// The size of each photo's file in bytes, −1 where there is none.
    public func sizes(_ pool: ThreadPool) -> [Int64] {
        [Int64](unsafeUninitializedCapacity: count) { sizes, used in
            used = count
            guard let base = sizes.baseAddress else { return }
            nonisolated(unsafe) let target = base
            pool.parallelRanges(count, grain: 64) { part, _ in
                for index in part {
                    (target + index).initialize(to: FileInspector.size(path(index)))
                }
            }
        }
    }

    /// Photos spread evenly over all parts, for folders that hold too many to look at each.
    public func sample(_ count: Int) -> [Int] {
        guard count < self.count else { return Array(0..<self.count) }
        return (0..<count).map { $0 * self.count / count }
    }

    /// Whether the file of a photo is there.
    public func isThere(_ index: Int) -> Bool { exists(path(index)) }

    /// A hash of what is listed: classes, and name, label and size of each photo in order.
    ///
    /// Ranks whose folders list the same have the same.
    public func digest(_ facts: [PhotoFact]) -> ContentHash {
        var parts = [ContentHash(classes.names.joined(separator: "\n"))]
        for list in lists {
            parts.append(list.files.digest)
            parts.append(list.labels.withUnsafeBytes { ContentHash($0) })
        }
        parts.append(facts.map(\.size).withUnsafeBytes { ContentHash($0) })
        return parts.flatMap { [$0.high, $0.low] }.withUnsafeBytes { ContentHash($0) }
    }

    /// Photo `index` as one line of text: what all ranks must agree on.
    public func line(_ index: Int, _ facts: [PhotoFact]) -> String {
        let (list, place) = place(index)
        let label = list.label(place)
        let landmark = label >= 0 ? classes.names[Int(label)] : "an unknown landmark"
        guard index < facts.count else { return "\(list.name(place)) of \(landmark)" }
        let size = facts[index].isThere ? "\(facts[index].size) bytes" : "missing"
        return "\(list.name(place)) of \(landmark), \(size)"
    }
}
