import Files
import Foundation
import Images
import Networks
import Tensors
import Testing
import Training

/// Files of embeddings: what is written is read, and what is damaged is refused.
struct EmbeddingFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private let network = EmbeddingNetwork(
        hash: String(repeating: "a1", count: 16),
        architecture: .small,
        imageSize: 32,
        width: 3
    )
    private let rows: [[Float]] = [[1, 0, 0], [0, 0.6, 0.8], [0, -1, 0]]
    private let ids = ["first", "zweites/Ä.jpg", ""]

    private func write(_ classes: ClassIndex, _ labels: [Int32]) throws -> String {
        let path = folder.file("embeddings.safetensors")
        let writer = try EmbeddingWriter(path, network)
        for (row, (id, label)) in zip(rows, zip(ids, labels)) {
            try writer.append(row, id: id, label: label)
        }
        #expect(writer.count == 3)
        try writer.finish(classes, notes: ["source": "a test"])
        return path
    }

    @Test(arguments: [
        ClassIndex(folders: ["Tower", "Brücke"]),
        ClassIndex(fitting: [7, 100_000_000_000], names: [7: "seven"]),
        ClassIndex(folders: []),
    ])
    func whatIsWrittenIsRead(_ classes: ClassIndex) throws {
        let labels: [Int32] = classes.count == 0 ? [-1, -1, -1] : [1, -1, 0]
        let path = try write(classes, labels)
        let file = try EmbeddingFile(path)
        #expect(file.network == network)
        #expect((file.count, file.width) == (3, 3))
        #expect(file.labels == labels)
        #expect(file.classes == classes && file.classes.kind == classes.kind)
        #expect(try file.ids() == ids)
        #expect(file.note("source") == "a test")
        let floats = Storage(count: 6)
        try file.read(1..<3, into: floats.base)
        #expect(Array(floats.buffer) == rows[1] + rows[2])
        #expect(try folder.names() == ["embeddings.safetensors"])
    }

    @Test func nothingStaysOfAFileThatIsNotFinished() throws {
        let writer = try EmbeddingWriter(folder.file("new.safetensors"), network)
        try writer.append(rows[0], id: "a", label: -1)
        #expect(try folder.names().isEmpty)
    }

    @Test func aFileOfAnotherProgramNeedsEmbeddingsAlone() throws {
        let header =
            #"{"embeddings":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"#
            + #""labels":{"dtype":"I64","shape":[2],"data_offsets":[8,24]}}"#
        let data = [Float(1), -1].withUnsafeBytes { [UInt8]($0) }
        let labels = [Int64(4), -1].withUnsafeBytes { [UInt8]($0) }
        let path = try folder.write("x", safetensors(header, data: data + labels))
        let file = try EmbeddingFile(path)
        #expect(file.network == nil && file.labels == [4, -1] && file.classes.count == 5)
        #expect(try file.ids() == ["0", "1"])
    }

    /// Headers that are refused, and a word of the reason.
    @Test(arguments: [
        (
            #"{"weights":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}"#,
            "no tensor embeddings"
        ),
        (#"{"embeddings":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, "not F32 [n, d]"),
        (#"{"embeddings":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]}}"#, "not F32 [n, d]"),
        (
            #"{"__metadata__":{"landmark_train_embeddings":"2"},"embeddings":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}"#,
            "version 2"
        ),
        (
            #"{"__metadata__":{"network":"ab"},"embeddings":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}"#,
            "which network"
        ),
        (
            #"{"embeddings":{"dtype":"F32","shape":[0,2],"data_offsets":[0,0]},"labels":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#,
            "1 labels for 0"
        ),
        (#"{"embeddings":{"dtype":"F32","shape":[1,3],"data_offsets":[0,12]}}"#, "cut off"),
    ])
    func whatIsNoFileOfEmbeddingsIsRefused(_ header: String, _ word: String) throws {
        let path = try folder.write("x", safetensors(header, data: Array(repeating: 0, count: 8)))
        let error = #expect(throws: TrainingError.self) { try EmbeddingFile(path) }
        #expect(error?.description.contains(word) == true, "\(error.debugDescription)")
        #expect(error?.exitCode == 65)
    }

    @Test func numbersThatAreNoEmbeddingsAreRefused() throws {
        for value in [Float.nan, .infinity, 1e30] {
            let path = folder.file("embeddings.safetensors")
            let writer = try EmbeddingWriter(path, network)
            try writer.append([0, 1, 0], id: "a", label: -1)
            try writer.append([0, value, 0], id: "b", label: -1)
            try writer.finish(ClassIndex(folders: []))
            let file = try EmbeddingFile(path)
            let floats = Storage(count: 6)
            let error = #expect(throws: TrainingError.self) {
                try file.read(0..<2, into: floats.base)
            }
            #expect(error?.description.contains("row 1") == true)
        }
    }

    @Test func embeddingsOfAnotherNetworkAreRefused() throws {
        var other = network
        other.hash = String(repeating: "0", count: 32)
        try network.require(network, of: "f", own: "g")
        let error = #expect(throws: TrainingError.self) {
            try network.require(other, of: "f.safetensors", own: "g")
        }
        #expect(error?.description.contains("f.safetensors holds embeddings by small") == true)
    }
}
