import Files
import Foundation
import TensorFiles
import Testing

struct SafetensorsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func open(_ bytes: [UInt8]) throws -> TensorFile {
        try TensorFile(path: folder.write("file.safetensors", bytes))
    }

    private func write(
        _ path: String,
        _ tensors: [SafetensorsWriter.Entry],
        _ body: (SafetensorsWriter) throws -> Void
    ) throws {
        let metadata = ["format": "pt", "odd \"key\"\\\n": "Köln 🏛 \u{1}"]
        let writer = try SafetensorsWriter(path: path, tensors: tensors, metadata: metadata)
        try body(writer)
        try writer.finish()
    }

    @Test func whatIsWrittenIsRead() throws {
        let path = folder.file("a.safetensors")
        let tensors: [SafetensorsWriter.Entry] = [
            .init(name: "weights", dtype: .f32, shape: [2, 3]),
            .init(name: "count \"é\"", dtype: .i64, shape: []),
            .init(name: "empty", dtype: .f32, shape: [0, 4]),
        ]
        try write(path, tensors) {
            try $0.write([1, -2, 3.5, 4, .infinity, 6] as [Float])
            try $0.write([7] as [Int64])
            try $0.write([] as [Float])
        }
        let file = try TensorFile(path: path)
        #expect(file.metadata == ["format": "pt", "odd \"key\"\\\n": "Köln 🏛 \u{1}"])
        #expect(file.entries.map(\.name) == ["weights", "count \"é\"", "empty"])
        let weights = try #require(file.entry(named: "weights"))
        #expect(weights.shape == [2, 3])
        #expect(try file.floats(weights) == [1, -2, 3.5, 4, .infinity, 6])
        #expect(try file.floats(#require(file.entry(named: "empty"))) == [])
        #expect(throws: TensorFileError.self) {
            try file.floats(#require(file.entry(named: "count \"é\"")))
        }
        let length = try folder.bytes("a.safetensors").prefix(8).reversed().reduce(0) {
            $0 << 8 | Int($1)
        }
        #expect(length % 8 == 0)
    }

    @Test func largeTensorsPassInOrder() throws {
        let path = folder.file("large.safetensors")
        let values = (0..<700_001).map { Float($0) }
        try write(path, (0..<3).map { .init(name: "t\($0)", dtype: .f32, shape: [700_001]) }) {
            for factor in 1...3 { try $0.write(values.map { $0 * Float(factor) }) }
        }
        let file = try TensorFile(path: path)
        for (index, entry) in file.entries.enumerated() {
            #expect(try file.floats(entry) == values.map { $0 * Float(index + 1) })
        }
    }

    @Test func unfinishedFilesLeaveNothing() throws {
        let path = folder.file("b.safetensors")
        try folder.write("b.safetensors", "older")
        do {
            let writer = try SafetensorsWriter(
                path: path,
                tensors: [.init(name: "a", dtype: .f32, shape: [2])],
                metadata: [:]
            )
            try writer.write([1, 2] as [Float])
        }
        #expect(try folder.names() == ["b.safetensors"])
        #expect(try folder.bytes("b.safetensors") == Array("older".utf8))
    }

    @Test func halvesAndDoublesAreRead() throws {
        // struct.pack('<4e', 1.5, -2, 6.1e-5, float('inf')); bfloat16 1, -3; double 0.1, -4
        let half: [UInt8] = [0x00, 0x3E, 0x00, 0xC0, 0xFF, 0x03, 0x00, 0x7C]
        let brain: [UInt8] = [0x80, 0x3F, 0x40, 0xC0]
        let double = [0.1, -4].flatMap { (value: Double) in
            (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt64($0))) }
        }
        let file = try open(
            safetensors(
                #"{"h":{"dtype":"F16","shape":[4],"data_offsets":[0,8]},"#
                    + #""b":{"dtype":"BF16","shape":[2],"data_offsets":[8,12]},"#
                    + #""d":{"dtype":"F64","shape":[2,1],"data_offsets":[12,28]}}"#,
                data: half + brain + double
            )
        )
        #expect(
            try file.floats(#require(file.entry(named: "h")))
                == [1.5, -2, 1023 * 0x1p-24, .infinity]
        )
        #expect(try file.floats(#require(file.entry(named: "b"))) == [1, -3])
        #expect(try file.floats(#require(file.entry(named: "d"))) == [0.1, -4])
    }

    @Test func orderInTheHeaderIsFree() throws {
        let file = try open(
            safetensors(
                #"{ "b" : {"data_offsets":[1,3],"shape":[2],"dtype":"U8"}, "#
                    + #""__metadata__":{"\u00e9\ud83d\ude00\/":"\t"}, "#
                    + #""a":{"dtype":"BOOL","shape":[],"data_offsets":[0,1]}}   "#,
                data: [1, 2, 3]
            )
        )
        #expect(file.entries.map(\.name) == ["a", "b"])
        #expect(file.metadata == ["é😀/": "\t"])
    }

    @Test func nothingIsAFileToo() throws {
        #expect(try open(safetensors("{}")).entries.isEmpty)
    }

    @Test func missingFileIsAFileError() {
        #expect {
            try TensorFile(path: folder.file("none"))
        } throws: {
            $0 is FileError
        }
    }
}
