public import Images
public import Tensors

/// Rows of numbers that are compared with others: in memory or in a file.
public protocol EmbeddingRows {
    /// Rows n.
    var count: Int { get }
    /// Floats d of a row.
    var width: Int { get }

    /// Copies the rows `range`, [rows][d], to `floats`; may be called by any thread.
    func read(_ range: Range<Int>, into floats: UnsafeMutablePointer<Float>) throws
}

/// Rows in memory.
public struct EmbeddingBlock: EmbeddingRows, Sendable {
    private let storage: Storage
    /// Rows n.
    public let count: Int
    /// Floats d of a row.
    public let width: Int

    /// The first `count` rows of `storage`, [n][d].
    public init(_ storage: Storage, count: Int, width: Int) {
        precondition(storage.count >= count * width, "fewer floats than the rows have")
        (self.storage, self.count, self.width) = (storage, count, width)
    }

    /// The first row; not to be read where there are none.
    var first: UnsafePointer<Float> { UnsafePointer(storage.base) }

    /// A row.
    public func row(_ index: Int) -> UnsafeMutablePointer<Float> {
        precondition(index >= 0 && index < count, "row out of range")
        return storage.base + index * width
    }

    /// Copies rows.
    public func read(_ range: Range<Int>, into floats: UnsafeMutablePointer<Float>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "rows out of range")
        floats.update(from: storage.base + range.lowerBound * width, count: range.count * width)
    }
}

/// Embeddings of photos in memory: unit vectors, with what the photos are called and show.
public struct EmbeddingTable: Sendable {
    /// The embeddings.
    public let rows: EmbeddingBlock
    /// What the embeddings were made by.
    public let network: EmbeddingNetwork
    /// What each photo is called.
    public let ids: [String]
    /// The class of each, a place in `classes`; −1 = unknown.
    public let labels: [Int32]
    /// The classes that labels stand for.
    public let classes: ClassIndex

    /// Puts together embeddings and what they are of.
    ///
    /// - Parameter rows: one of the network's width for each label.
    public init(
        _ rows: EmbeddingBlock,
        _ network: EmbeddingNetwork,
        ids: [String],
        labels: [Int32],
        classes: ClassIndex
    ) {
        precondition(
            ids.count == labels.count && rows.count == labels.count
                && rows.width == network.width,
            "a row, an id and a label for each photo"
        )
        self.rows = rows
        self.network = network
        self.ids = ids
        self.labels = labels
        self.classes = classes
    }
}
