import Files
import Foundation
import Images
public import Networks
import Tensors

/// A checkpoint on disk, of this program or of torchvision, opened for reading.
public struct CheckpointFile {
    /// The file.
    public let path: String
    /// What the file says about the run; nil for a file with weights alone.
    public let metadata: CheckpointMetadata?
    private let file: SafetensorsFile

    /// Why other checkpoints of the run were passed over, in sentences.
    public private(set) var remarks: [String] = []

    /// Opens `path`, which may be a checkpoint or a run folder.
    ///
    /// Of a run folder it is the best checkpoint, or the latest where none was evaluated yet or
    /// where `latest` is wanted; where that is damaged, the newest that is whole, with a remark.
    public init(_ path: String, latest: Bool = false) throws {
        guard exists(path) else {
            throw TrainingError.files("no checkpoint or run folder at \(path); check the path")
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
        self.path = path
        file = try SafetensorsFile(path: path)
        guard let text = file.metadata[CheckpointMetadata.key] else {
            metadata = nil
            return
        }
        do {
            metadata = try CheckpointMetadata(encoded: text.utf8)
        } catch {
            throw TrainingError.checkpoint(
                "\(path): its description cannot be read by this version; "
                    + "use the version that wrote it"
            )
        }
    }

    /// Number of classes of the network in the file, from its last layer.
    public var classes: Int? {
        if let metadata { return metadata.classes.count }
        let heads = ["fc.weight", "classifier.6.weight"]
        return (heads + heads.map { "module." + $0 }).lazy
            .compactMap { file.entry(named: $0)?.shape.first }.first
    }

    /// Copies weights and running statistics into `store`.
    ///
    /// - Parameters:
    ///   - average: take the running average of weights where the file has one.
    ///   - replaceHead: leave a last layer of another number of classes as it is, instead of
    ///     refusing it.
    /// - Returns: names of the parameters that were left as they are.
    @discardableResult
    public func load(
        into store: ParameterStore,
        average: Bool,
        replaceHead: Bool = false
    ) throws -> [String] {
        var left: [String] = []
        for parameter in store.parameters {
            let names =
                (average ? ["ema." + parameter.name] : [])
                + [parameter.name, "module." + parameter.name]
            guard let entry = names.lazy.compactMap({ file.entry(named: $0) }).first else {
                throw TrainingError.checkpoint(
                    "\(path) has no tensor \(parameter.name): it is a checkpoint of another "
                        + "model; choose the right --model"
                )
            }
            guard entry.shape == parameter.shape else {
                if replaceHead, parameter.isHead {
                    left.append(parameter.name)
                    continue
                }
                throw TrainingError.checkpoint(
                    "\(path): \(parameter.name) has shape \(entry.shape), the model needs "
                        + "\(parameter.shape): another model or another number of classes"
                )
            }
            store.write(parameter, try file.floats(entry))
        }
        return left
    }

    /// Copies the optimizer's state called `prefix` into the flat buffer `whole`.
    func loadState(
        _ prefix: String,
        of store: ParameterStore,
        into whole: UnsafeMutablePointer<Float>
    ) throws {
        for parameter in store.parameters where parameter.isTrainable {
            guard let entry = file.entry(named: prefix + parameter.name),
                entry.shape == parameter.shape
            else {
                throw TrainingError.checkpoint(
                    "\(path) lacks \(prefix)\(parameter.name): it cannot be resumed with these "
                        + "settings; resume without changing --optimizer, --momentum and --ema"
                )
            }
            store.write(parameter, try file.floats(entry), to: whole)
        }
    }
}
