import Files
import Foundation
import TensorFiles
import Testing

/// A file in Tests/TrainingTests/Fixtures, which `scripts/parity/make_torch_files.py` wrote.
func torchFixture(_ name: String) -> String {
    Path.joined(Path.parent(of: Path.parent(of: #filePath)), "Fixtures/" + name)
}

/// Files of PyTorch give the values that PyTorch put there, and nothing in them is run.
struct TorchFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func open(_ bytes: [UInt8]) throws -> TensorFile {
        try TensorFile(path: folder.write("file.pth", bytes))
    }

    private func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: torchFixture(name))))
    }

    private func refuse(_ reason: String, _ body: () throws -> TensorFile) {
        #expect {
            _ = try body()
        } throws: { error in
            guard let message = (error as? TensorFileError)?.description else { return false }
            #expect(message.contains(reason), "\(message)")
            return !message.contains("\n")
        }
    }

    private func expectTheTensors(_ file: TensorFile) throws {
        let base = (0..<12).map { Float($0) * 0.5 }
        let transposed = (0..<4).flatMap { column in (0..<3).map { base[4 * $0 + column] } }
        let expected: [(String, ElementType, [Int], [Float])] = [
            ("plain", .f32, [3, 4], base),
            ("transposed", .f32, [4, 3], transposed),
            ("middle", .f32, [3], [1, 2.5, 4]),
            ("spread", .f32, [2, 2], [1.5, 1.5, 1.5, 1.5]),
            ("half", .f16, [2], [1.5, -2]),
            ("brain", .bf16, [2], [1, -3]),
            ("double", .f64, [2, 1], [0.1, -4]),
            ("channels_last", .f32, [1, 2, 2, 4], (0..<16).map(Float.init)),
            ("parameter", .f32, [1], [7]),
            ("empty", .f32, [0, 3], []),
        ]
        #expect(file.entries.map(\.name) == expected.map(\.0) + ["count"])
        for (name, dtype, shape, values) in expected {
            let entry = try #require(file.entry(named: name))
            #expect(entry.dtype == dtype && entry.shape == shape, "\(name)")
            #expect(try file.floats(entry) == values, "\(name)")
        }
        let count = try #require(file.entry(named: "count"))
        #expect(count.dtype == .i64 && count.shape == [])
        #expect(throws: TensorFileError.self) { try file.floats(count) }
    }

    @Test(arguments: ["zip.pth", "zip64.pth", "protocol4.pth", "legacy.pth"])
    func valuesAreThoseOfPyTorch(_ name: String) throws {
        let file = try TensorFile(path: torchFixture(name))
        #expect(file.format == (name == "legacy.pth" ? .legacyTorch : .torch))
        #expect(file.wrappers.isEmpty && file.others.isEmpty)
        try expectTheTensors(file)
    }

    @Test func aTableOf64BitsIsFollowed() throws {
        var archive = try bytes("zip.pth")
        let end = try #require(
            (0..<archive.count).last { archive[$0...].starts(with: [0x50, 0x4B, 5, 6]) }
        )
        let table = (0..<8).map { archive[end + 12 + $0] }
        archive.replaceSubrange(end + 12..<end + 20, with: Array(repeating: 0xFF, count: 8))
        func number(_ bytes: ArraySlice<UInt8>) -> [UInt8] { bytes + [0, 0, 0, 0] }
        let record: [UInt8] =
            [0x50, 0x4B, 6, 6] + Array(repeating: 0, count: 36) + number(table[..<4])
            + number(table[4...])
        let place = (0..<8).map { UInt8(truncatingIfNeeded: end >> (8 * $0)) }
        let locator: [UInt8] = [0x50, 0x4B, 6, 7, 0, 0, 0, 0] + place + [1, 0, 0, 0]
        archive.insert(contentsOf: record + locator, at: end)
        try expectTheTensors(try open(archive))
    }

    @Test func theModelOfATrainingStateIsTaken() throws {
        let file = try TensorFile(path: torchFixture("training.pth"))
        #expect(file.wrappers == ["model"])
        #expect(file.entries.map(\.name) == ["module.bias"])
        #expect(file.siblings.map(\.name) == ["epoch", "optimizer", "args"])
        #expect(file.siblings.last?.kind == "an object of argparse.Namespace")
    }

    @Test func callsOfOtherFunctionsAreNothingButTheirNames() throws {
        let file = try TensorFile(path: torchFixture("harm.pth"))
        #expect(file.entries.map(\.name) == ["weight"])
        #expect(file.others.map(\.kind) == ["an object of posix.system"])
        #expect(!exists("harm"))
    }

    @Test func tensorsThatAreNotReadAreNamed() throws {
        let file = try TensorFile(path: torchFixture("sparse.pth"))
        #expect(file.entries.map(\.name) == ["weight"])
        #expect(file.others.map(\.name) == ["sparse", "complex"])
        #expect(file.others.first?.kind.contains("_rebuild_sparse_tensor") == true)
    }

    @Test(arguments: [
        ("whole.pth", "a whole object of Python, torch.nn.modules.linear.Linear"),
        ("two.pth", "several dictionaries of tensors: 'teacher', 'student'"),
        ("script.pt", "TorchScript"), ("deflated.pth", "is compressed"),
        ("big_endian.pth", "big-endian machine"),
    ])
    func whatCannotBeReadIsCalledByItsName(_ name: String, _ reason: String) {
        refuse(reason) { try TensorFile(path: torchFixture(name)) }
    }

    @Test(arguments: ["zip.pth", "legacy.pth"])
    func filesThatAreCutOffAreRefused(_ name: String) throws {
        let whole = try bytes(name)
        for length in stride(from: 0, to: whole.count, by: 7) {
            refuse("file.pth: it") { try open(Array(whole[..<length])) }
        }
        refuse("its end is missing") { try open(Array(try bytes("zip.pth").dropLast(30))) }
        refuse("cut off") { try open(Array(try bytes("legacy.pth").dropLast(3))) }
    }

    /// Files with bytes changed at random are read or refused; nothing else happens.
    @Test(arguments: ["zip.pth", "legacy.pth", "training.pth"])
    func damagedFilesAreReadOrRefused(_ name: String) throws {
        let whole = try bytes(name)
        var random = SeededGenerator(seed: 7)
        var refused = 0
        for _ in 0..<1000 {
            var bytes = whole
            for _ in 0...Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            do {
                let file = try open(bytes)
                for entry in file.entries where entry.dtype.isFloat && entry.count < 1000 {
                    _ = try file.floats(entry)
                }
            } catch is TensorFileError {
                refused += 1
            }
        }
        #expect(refused > 50 && refused < 1000)
    }

    /// The beginning of a file before PyTorch 1.6, up to where its object comes.
    private let legacyHead: [UInt8] =
        [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
        + [0x80, 2, 0x4D, 0xE9, 0x03, 0x2E] + [0x80, 2, 0x7D, 0x2E]

    private func text(_ text: String) -> [UInt8] {
        [0x8C, UInt8(text.utf8.count)] + Array(text.utf8)
    }

    private func number(_ value: Int) -> [UInt8] {
        [0x8A, 8] + (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// {'w': a tensor of shape (extent,) and stride (stride,) in a storage of 4 floats}.
    private func tensor(offset: Int, extent: Int, stride: Int) -> [UInt8] {
        let storage =
            [0x28] + text("storage") + Array("ctorch\nFloatStorage\n".utf8) + text("0")
            + text("cpu")
            + number(4) + [0x74, 0x51]
        return [0x80, 4, 0x7D] + text("w") + Array("ctorch._utils\n_rebuild_tensor_v2\n".utf8)
            + [0x28] + storage + number(offset) + number(extent) + [0x85] + number(stride) + [0x85]
            + [0x89, 0x4E, 0x74, 0x52, 0x73, 0x2E]
    }

    private var storages: [UInt8] {
        [0x80, 4, 0x5D] + text("0") + [0x61, 0x2E] + [4, 0, 0, 0, 0, 0, 0, 0]
            + [Float](arrayLiteral: 1, 2, 3, 4).flatMap { value in
                (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
            }
    }

    @Test func viewsMustLieInTheirStorage() throws {
        let good = try open(legacyHead + tensor(offset: 1, extent: 2, stride: 2) + storages)
        #expect(try good.floats(#require(good.entry(named: "w"))) == [2, 4])
        for (offset, extent, stride, reason) in [
            (0, 5, 1, "reaches beyond"), (4, 1, 1, "reaches beyond"), (1, 2, 3, "reaches beyond"),
            (-1, 1, 1, "without a storage"), (0, -1, 1, "without a storage"),
            (0, 2, -1, "without a storage"), (0, 1 << 62, 1, "impossibly large"),
            (0, .max, 0, "impossibly large"), (1, 2, .max, "damaged"), (.max, 2, 1, "damaged"),
        ] {
            refuse(reason) {
                try open(
                    legacyHead + tensor(offset: offset, extent: extent, stride: stride) + storages
                )
            }
        }
    }

    @Test func hostilePicklesEndQuickly() throws {
        let end: [UInt8] = [0x2E]
        let noStorages: [UInt8] = [0x5D, 0x2E]
        let million = 1_000_000
        for (pickle, reason) in [
            // Texts, bytes and numbers longer than the file.
            ([0x58, 0xFF, 0xFF, 0xFF, 0xFF], "cut off"),
            ([0x8D] + Array(repeating: 0xFF, count: 8), "cut off"),
            ([0x8E] + Array(repeating: 0x7F, count: 8), "cut off"),
            ([0x8B, 0xFF, 0xFF, 0xFF, 0x7F], "cut off"),
            // What was never there: a memo, a mark, a value, an opcode.
            ([0x68, 9], "damaged"), ([0x74], "damaged"), ([0x30], "damaged"),
            ([0xFE], "operation 254"),
            // A tuple in a tuple in a tuple, a million levels deep.
            ([0x29] + Array(repeating: 0x85, count: million) + end, "a tuple of 1"),
            // Lists of which each holds the one before twice: 2^1,000,000 members when written out.
            (
                [0x5D] + Array(repeating: [0x32, 0x86], count: million / 2).flatMap { $0 } + end,
                "a tuple of 2"
            ),
            // A list that holds itself.
            ([0x5D, 0x71, 0, 0x68, 0, 0x61] + end, "a list of 1"),
            (Array(repeating: 0x4E, count: million) + end, "None"),
        ] as [([UInt8], String)] {
            refuse(reason) { try open(legacyHead + pickle + noStorages) }
        }
    }
}

/// Random numbers that are the same each time (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
