import Files
import Images
public import Networks
import TensorFiles

/// A file of weights, opened for reading: a checkpoint or an export of this program, or what PyTorch and
/// others write, as safetensors or by `torch.save`.
public struct CheckpointFile {
    /// The file.
    public let path: String
    /// What the file says about the run; nil for a file of another program.
    public let metadata: CheckpointMetadata?
    /// Whether a run can go on from it: exports hold the weights alone.
    public let holdsState: Bool
    /// What the file says about its network.
    public let claims: Claims
    /// What was done to find the tensors, a line each.
    let notes: [String]
    let file: TensorFile
    let names: WeightNames
    /// Running averages of weights, as `ema.NAME`.
    let averages: [String: TensorEntry]

    /// Why other checkpoints of the run were passed over, in sentences.
    public private(set) var remarks: [String] = []

    /// Opens `path`, which may be a checkpoint, a run folder or a file of weights.
    ///
    /// Of a run folder it is the best checkpoint, or the latest where none was evaluated yet or
    /// where `latest` is wanted; where that is damaged, the newest that is whole, with a remark.
    ///
    /// - Throws: `TrainingError.checkpoint` where the file is no whole file of weights, or contradicts
    ///   itself; `FileError` or `TrainingError.files` where it cannot be read.
    public init(_ path: String, latest: Bool = false) throws {
        guard exists(path) else {
            throw TrainingError.files(
                "no checkpoint or run folder at \(path.shown); check the path"
            )
        }
        guard isFolder(path) else {
            try self.init(file: RunFolder.containing(path)?.checkpoint ?? path)
            return
        }
        let (file, remarks) = try RunFolder(path).wholeCheckpoint(best: !latest)
        self = file
        self.remarks = remarks
    }

    /// Opens a file.
    init(file path: String) throws {
        let file: TensorFile
        do {
            file = try TensorFile(path: path)
        } catch let error as TensorFileError {
            throw TrainingError.checkpoint(error.description)
        }
        self.path = path
        self.file = file
        let state = file.metadata[CheckpointMetadata.key]
        let own = state ?? file.metadata[CheckpointMetadata.exportKey]
        holdsState = state != nil
        metadata = try own.map { try CheckpointMetadata(reading: $0, of: path) }
        if holdsState {
            let parts = Dictionary(grouping: file.entries, by: CheckpointFile.part(of:))
            averages = Dictionary(
                (parts["ema"] ?? []).map { ($0.name, $0) },
                uniquingKeysWith: { $1 }
            )
            names = try WeightNames(parts[""] ?? [], of: path)
        } else {
            averages = [:]
            names = try WeightNames(file.entries, of: path)
        }
        claims = metadata.map(Claims.init) ?? Claims(texts: file.metadata)
        notes = CheckpointFile.notes(file, names)
        if let metadata, let classes = names.classes, classes != metadata.classes.count {
            throw TrainingError.checkpoint(
                "\(path.shown) contradicts itself: its head is for \(classes) classes, its description has "
                    + "\(metadata.classes.count); use another checkpoint"
            )
        }
    }

    /// Number of classes of the network in the file, from its last layer; nil where it has none.
    public var classes: Int? { metadata?.classes.count ?? names.classes }

    /// The networks here that the tensors are those of.
    public func fitting(imageSize: Int) -> [Architecture] { names.fitting(imageSize: imageSize) }

    /// Which part of a run's state a tensor of a checkpoint belongs to; "" = the network.
    private static func part(of entry: TensorEntry) -> String {
        ["ema", "optimizer"].first { entry.name.hasPrefix($0 + ".") } ?? ""
    }

    private static func notes(_ file: TensorFile, _ names: WeightNames) -> [String] {
        var notes: [String] = []
        if !file.wrappers.isEmpty {
            let path = file.wrappers.map { "'\($0.shown)'" }.joined(separator: " in ")
            let beside = file.siblings.prefix(5).map { "'\($0.name.shown)'" }.joined(
                separator: ", "
            )
            notes.append(
                "\(file.path.shown): the weights are those in \(path)"
                    + (beside.isEmpty ? "" : "; \(beside) beside it are not read")
            )
        }
        if !names.prefix.isEmpty {
            notes.append(
                "\(file.path.shown): '\(names.prefix.shown)' is taken off the names of its tensors"
            )
        }
        return notes
    }
}
