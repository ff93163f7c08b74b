import Files
import Foundation
public import Images
import Networks
import TensorFiles
import Tensors

/// How photos of the landmarks that a network knows are told from others: what was learned from the photos that it
/// was trained on, and the threshold.
public struct CalibratedNetwork: Sendable {
    /// The trunk and the preparation of photos that it holds for.
    public let network: EmbeddingNetwork
    /// Tells apart the landmarks and their order: a hash of their names.
    public let landmarks: String
    /// The directions of the landmarks.
    public let means: LandmarkMeans
    /// The threshold.
    public let calibration: Calibration

    /// Puts together what was found.
    ///
    /// - Parameter classes: what labels of `means` stand for.
    public init(
        _ network: EmbeddingNetwork,
        _ classes: ClassIndex,
        _ means: LandmarkMeans,
        _ calibration: Calibration
    ) {
        self.init(network, landmarks: Self.key(classes), means, calibration)
    }

    private init(
        _ network: EmbeddingNetwork,
        landmarks: String,
        _ means: LandmarkMeans,
        _ calibration: Calibration
    ) {
        (self.network, self.landmarks) = (network, landmarks)
        (self.means, self.calibration) = (means, calibration)
    }

    private static func key(_ classes: ClassIndex) -> String {
        ContentHash(classes.names.joined(separator: "\n")).text
    }

    /// Whether it was found for these landmarks.
    public func holds(for classes: ClassIndex) -> Bool { landmarks == Self.key(classes) }

    /// Where the file belongs for weights at `path`: into their run's folder, else beside them.
    public static func path(forWeights path: String) -> String {
        if let (run, _) = RunFolder.containing(path) { return run.calibration }
        let name = path.utf8.last == UInt8(ascii: "/") ? String(path.dropLast()) : path
        let ending = "." + Path.fileExtension(of: name)
        let stem = name.lowercased().hasSuffix(ending) ? String(name.dropLast(ending.count)) : name
        return stem + ".calibration.safetensors"
    }

    private enum Key {
        static let calibration = "landmark_train_calibration"
        static let network = "network"
        static let architecture = "architecture"
        static let imageSize = "image_size"
        static let landmarks = "landmarks"
        static let means = "landmark_directions"
        static let labels = "labels"
        static let centre = "whitening_centre"
        static let matrix = "whitening"
    }

    private struct Header: Codable {
        var version: Int
        var calibration: Calibration
    }

    private static let version = 1

    /// Writes it to `path`, whole and on the disk when its name appears.
    public func write(to path: String) throws {
        let width = network.width
        var floats = [(Key.means, [means.means.count, width], means.means.first)]
        if let whitening = means.whitening {
            floats += [
                (Key.centre, [width], UnsafePointer(whitening.centre.base)),
                (Key.matrix, [width, width], UnsafePointer(whitening.matrix.base)),
            ]
        }
        let header = Header(version: Self.version, calibration: calibration)
        let file = try SafetensorsWriter(
            path: path,
            tensors: floats.map { .init(name: $0.0, dtype: .f32, shape: $0.1) }
                + [.init(name: Key.labels, dtype: .i64, shape: [means.labels.count])],
            metadata: [
                Key.calibration: String(decoding: try header.jsonLine(), as: UTF8.self),
                Key.network: network.hash,
                Key.architecture: network.architecture.rawValue,
                Key.imageSize: String(network.imageSize),
                Key.landmarks: landmarks,
            ]
        )
        for (_, shape, base) in floats {
            let count = shape.reduce(1, *)
            try file.write(count: count) { write in
                try write(UnsafeBufferPointer(start: base, count: count))
            }
        }
        try file.write(means.labels.map(Int64.init))
        try file.finish()
    }

    /// Reads the file `path`.
    ///
    /// - Throws: `TrainingError.data` where it is no whole file of that kind, `FileError` where it cannot be read.
    public init(_ path: String) throws {
        do {
            self = try Self.read(TensorFile(path: path))
        } catch let error as TensorFileError {
            throw TrainingError.data(error.description)
        }
    }

    private static func read(_ file: TensorFile) throws -> CalibratedNetwork {
        func damaged(_ reason: String) -> TrainingError {
            .data("\(file.path.shown): \(reason); calibrate again, or remove it")
        }
        guard let text = file.metadata[Key.calibration],
            let header = try? JSONDecoder().decode(Header.self, from: Data(text.utf8)),
            header.version == version
        else { throw damaged("it is no threshold that this program knows") }
        guard let hash = file.metadata[Key.network],
            let architecture = file.metadata[Key.architecture].flatMap(Architecture.init),
            let imageSize = file.metadata[Key.imageSize].flatMap({ Int($0) }),
            let landmarks = file.metadata[Key.landmarks],
            let means = file.entry(named: Key.means), means.shape.count == 2, means.shape[1] > 0,
            let labels = file.entry(named: Key.labels), labels.shape == [means.shape[0]]
        else { throw damaged("it lacks what it was found for") }
        let width = means.shape[1]
        func floats(_ entry: TensorEntry, _ shape: [Int]) throws -> Storage {
            guard entry.shape == shape, entry.dtype == .f32 else {
                throw damaged("\(entry.name.shown) has shape \(entry.shape), not \(shape)")
            }
            let storage = Storage(count: entry.count)
            try file.read(entry, 0..<entry.count, into: storage.base)
            try EmbeddingCheck.require(storage.base, 0..<entry.count / width, width, of: file.path)
            return storage
        }
        var whitening: Whitening?
        if let matrix = file.entry(named: Key.matrix) {
            guard let centre = file.entry(named: Key.centre) else {
                throw damaged("it has no centre")
            }
            whitening = Whitening(
                centre: try floats(centre, [width]),
                matrix: try floats(matrix, [width, width])
            )
        }
        let block = EmbeddingBlock(
            try floats(means, means.shape),
            count: means.shape[0],
            width: width
        )
        let numbers = try file.elements(labels, as: .i64, Int64.self)
        let own = numbers.compactMap { Int32(exactly: $0) }
        guard own.count == numbers.count else { throw damaged("a label is out of range") }
        return CalibratedNetwork(
            EmbeddingNetwork(
                hash: hash,
                architecture: architecture,
                imageSize: imageSize,
                width: width
            ),
            landmarks: landmarks,
            LandmarkMeans(whitening: whitening, means: block, labels: own),
            header.calibration
        )
    }
}
