import Files
import Networks
import TensorFiles
import Tensors
import Testing
import Training

@Suite struct ONNXWriterTests {
    /// y = a + b + x, of which `a` is one number and `b` has 300.
    private let model = ONNXModel(
        name: "sum",
        producer: ("p", "1"),
        operatorSet: 17,
        nodes: [
            .init(
                name: "n",
                kind: "Add",
                inputs: ["a", "x"],
                outputs: ["y"],
                attributes: [
                    ("i", .integer(-1)), ("s", .integers([2, 300])), ("f", .float(1)),
                ]
            )
        ],
        tensors: [.init(name: "a", shape: []), .init(name: "b", shape: [3, 100])],
        inputs: [.init(name: "x", shape: [.any("N"), .fixed(3)])],
        outputs: [.init(name: "y", shape: [.any("N"), .fixed(3)])],
        metadata: ["key": "value", "above": "ä"]
    )
    private let a: [Float] = [1.5]
    private let b = (0..<300).map { Float($0) }

    private func write(_ folder: TemporaryFolder, limit: Int = ONNXWriter.largestFile) throws
        -> [String]
    {
        let writer = try ONNXWriter(path: folder.file("m.onnx"), model, limit: limit)
        for tensor in [a, b] {
            try writer.write { write in
                // In pieces of any size.
                try tensor.withUnsafeBufferPointer { all in
                    try write(UnsafeBufferPointer(rebasing: all.prefix(1)))
                    try write(UnsafeBufferPointer(rebasing: all.dropFirst()))
                }
            }
        }
        try writer.finish()
        return writer.paths
    }

    private func floats(_ bytes: [UInt8]) -> [Float] {
        stride(from: 0, to: bytes.count, by: 4).map { at in
            Float(bitPattern: bytes[at..<at + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
        }
    }

    @Test func fieldsHaveTheNumbersOfTheFormat() throws {
        let folder = try TemporaryFolder()
        #expect(try write(folder) == [folder.file("m.onnx")])
        let file = try ProtobufReader(folder.bytes("m.onnx"))
        #expect(file.integers(1) == [8] && file.texts(2) == ["p"] && file.texts(3) == ["1"])
        let operators = try #require(try file.messages(8).first)
        #expect(operators.texts(1) == [""] && operators.integers(2) == [17])
        let texts = try file.messages(14)
        #expect(texts.map { $0.texts(1) + $0.texts(2) } == [["above", "ä"], ["key", "value"]])
        let graph = try #require(try file.messages(7).first)
        #expect(graph.texts(2) == ["sum"])
        // A node, byte by byte: i = -1 of type INT, s = (2, 300) of type INTS, f = 1 of type FLOAT.
        let node: [UInt8] =
            [0x0A, 1, 0x61, 0x0A, 1, 0x78, 0x12, 1, 0x79, 0x1A, 1, 0x6E, 0x22, 3, 0x41, 0x64, 0x64]
            + [0x2A, 17, 0x0A, 1, 0x69, 0x18] + [UInt8](repeating: 0xFF, count: 9)
            + [1, 0xA0, 1, 2] + [0x2A, 11, 0x0A, 1, 0x73, 0x40, 2, 0x40, 0xAC, 2, 0xA0, 1, 7]
            + [0x2A, 11, 0x0A, 1, 0x66, 0x15, 0, 0, 0x80, 0x3F, 0xA0, 1, 1]
        #expect(graph.contents(1) == [node])
        // An input: FLOAT of N × 3.
        let port: [UInt8] = [0x0A, 1, 0x78, 0x12, 15, 0x0A, 13, 8, 1, 0x12, 9]
        let shape: [UInt8] = [0x0A, 3, 0x12, 1, 0x4E, 0x0A, 2, 8, 3]
        #expect(graph.contents(11) == [port + shape])
        #expect(graph.contents(12).count == 1)
        let tensors = try graph.messages(5)
        #expect(tensors.map { $0.integers(1) } == [[], [3, 100]])
        #expect(tensors.map { $0.integers(2) } == [[1], [1]])
        #expect(tensors.map { $0.texts(8) } == [["a"], ["b"]])
        #expect(tensors.map { floats($0.contents(9)[0]) } == [a, b])
        #expect(tensors.allSatisfy { $0.contents(13).isEmpty && $0.integers(14).isEmpty })
    }

    @Test func largeTensorsLieBesideTheModelWhereItWouldBeTooLong() throws {
        let folder = try TemporaryFolder()
        _ = try write(folder)
        let whole = try folder.bytes("m.onnx").count
        #expect(try write(folder, limit: whole + 20).count == 1)
        let paths = try write(folder, limit: whole - 1)
        #expect(paths == [folder.file("m.onnx"), folder.file("m.onnx.data")])
        #expect(try folder.names() == ["m.onnx", "m.onnx.data"])
        let graph = try #require(try ProtobufReader(folder.bytes("m.onnx")).messages(7).first)
        let tensors = try graph.messages(5)
        // The small one stays.
        #expect(floats(tensors[0].contents(9)[0]) == a)
        #expect(tensors[1].contents(9).isEmpty && tensors[1].integers(14) == [1])
        let place = try tensors[1].messages(13).map { $0.texts(1) + $0.texts(2) }
        #expect(place == [["location", "m.onnx.data"], ["offset", "0"], ["length", "1200"]])
        #expect(try floats(folder.bytes("m.onnx.data")) == b)
    }

    @Test func whatIsNotFinishedLeavesNothing() throws {
        let folder = try TemporaryFolder()
        do { _ = try ONNXWriter(path: folder.file("m.onnx"), model, limit: 0) }
        #expect(try folder.names() == [])
        #expect(throws: FileError.self) {
            _ = try ONNXWriter(path: folder.file("no/m.onnx"), model)
        }
    }

    /// The pages of the second file, and that a network's weights are all there.
    @Test func aNetworkIsWrittenInOneOrTwoFiles() throws {
        let network = Model(
            ModelDescription(architecture: .small, classes: 3, imageSize: 32),
            maximumBatch: 1,
            purpose: .evaluation,
            pool: ThreadPool(threads: 1)
        )
        network.store.initialize(seed: 3)
        let export = try ONNXExport(
            network,
            foldsNorms: false,
            plans: PhotoPlans(imageSize: 32),
            classes: nil,
            step: nil,
            version: "1"
        )
        let folder = try TemporaryFolder()
        try export.write(to: folder.file("one.onnx"))
        try export.write(to: folder.file("two.onnx"), limit: 0)
        #expect(try folder.names() == ["one.onnx", "two.onnx", "two.onnx.data"])
        let data = try folder.bytes("two.onnx.data")
        func tensors(_ name: String) throws -> [String: [Float]] {
            let graph = try #require(try ProtobufReader(folder.bytes(name)).messages(7).first)
            var tensors: [String: [Float]] = [:]
            for tensor in try graph.messages(5) {
                let name = tensor.texts(8)[0]
                if let own = tensor.contents(9).first {
                    tensors[name] = floats(own)
                    continue
                }
                let place = try tensor.messages(13).map { $0.texts(2)[0] }
                let (offset, length) = (try #require(Int(place[1])), try #require(Int(place[2])))
                #expect(offset % 4096 == 0 && length >= 1024)
                tensors[name] = floats(Array(data[offset..<offset + length]))
            }
            return tensors
        }
        let whole = try tensors("one.onnx")
        #expect(try tensors("two.onnx") == whole)
        for parameter in network.store.parameters {
            #expect(whole[parameter.name] == network.store.read(parameter), "\(parameter.name)")
        }
    }
}
