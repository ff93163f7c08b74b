import Foundation
import TensorFiles
import Testing
import Training

/// What a checkpoint says about itself is checked before it is used.
struct CheckpointMetadataTests {
    private let folder: TemporaryFolder
    private let description: [String: Any]

    init() throws {
        folder = try TemporaryFolder()
        let run = try TestRun(.quick(steps: 1), DrawnPhotos(20, classes: 3).split(held: 4))
        try run.train(ranks: 1)
        let bytes = try run.checkpoint(1)
        let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        let json = try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length]))
        let header = try #require(json as? [String: Any])
        let texts = try #require(header["__metadata__"] as? [String: String])
        let text = try #require(texts["landmark_train"])
        description = try #require(
            JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        )
    }

    /// Opens a checkpoint of another description, of whose tensors only the head is there.
    private func open(_ description: String) throws -> CheckpointFile {
        let header: [String: Any] = [
            "fc.bias": ["dtype": "F32", "shape": [3], "data_offsets": [0, 12]],
            "fc.weight": ["dtype": "F32", "shape": [3, 1], "data_offsets": [12, 24]],
            "__metadata__": ["landmark_train": description],
        ]
        let json = try JSONSerialization.data(withJSONObject: header)
        let data = [UInt8](repeating: 0, count: 24)
        return try CheckpointFile(
            folder.write("changed.safetensors", safetensors(bytes: Array(json), data: data))
        )
    }

    private func text(_ description: [String: Any]) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: description), as: UTF8.self)
    }

    /// The description with the field at `path` replaced, or without it where `value` is nil.
    private func changed(_ path: String, _ value: Any?) throws -> String {
        func change(_ object: Any, _ keys: ArraySlice<Substring>) -> Any {
            guard let key = keys.first, var object = object as? [String: Any] else {
                return value ?? object
            }
            if keys.count == 1 {
                object[String(key)] = value
            } else if let inner = object[String(key)] {
                object[String(key)] = change(inner, keys.dropFirst())
            }
            return object
        }
        let whole = change(description, path.split(separator: ".")[...])
        return try text(try #require(whole as? [String: Any]))
    }

    private static let flaws: [(path: String, value: String, reason: String)] = [
        ("format", "9", "format is 9"), ("format", "", "format is missing"),
        ("step", "-1", "step is -1"),
        ("step", "9223372036854775807", "step is 9223372036854775807"),
        ("step", "\"three\"", "step is not of the type"), ("bad_photos", "-5", "bad_photos is -5"),
        ("model.architecture", "\"alexnet\"", "model.architecture"),
        ("model.classes", "4", "model.classes is 4, the classes are 3"),
        ("model.image_size", "7", "photos of 7 pixels"),
        ("model.image_size", "9223372036854775807", "model.image_size"),
        ("plans.image_size", "64", "plans.image_size is 64, the network's is 32"),
        ("plans.preprocessing", "\"stretch\"", "plans is not what the configuration says"),
        ("plans", "", "plans is missing"), ("classes.ids", "[0, 1]", "2 ids and 3 names"),
        ("classes.ids", "[0, 1, 1]", "has 1 twice"), ("classes.ids", "[2, 1, 0]", "not in order"),
        ("classes.names", "[\"a\", \"\", \"c\"]", "no name for the id"),
        ("training_counts", "[1, 2]", "2 numbers for 3 classes"),
        ("training_counts", "[1, -2, 3]", "has -2 photos of class 1"),
        ("training_counts", "[9223372036854775807, 1, 1]", "training_counts"),
        ("best", "{\"step\": 2, \"top1\": 0.5}", "best.step is 2, after step 1"),
        ("best", "{\"step\": 1, \"top1\": 1.5}", "best.top1 is 1.5"),
        (
            "configuration.batch", "9223372036854775807",
            "configuration.batch is 9223372036854775807"
        ),
        ("configuration.batch", "0", "--batch is 0"),
        ("configuration.epochs", "9223372036854775807", "configuration.epochs"),
        ("configuration.slices", "-1", "configuration.slices"),
        ("configuration.learning_rate", "null", "configuration.learning_rate is null"),
        ("configuration.optimizer", "\"adam\"", "configuration.optimizer"),
        ("configuration.model", "\"vgg11\"", "configuration.model is vgg11"),
        ("configuration.dropout", "0.5", "model.dropout"),
        ("configuration.stochastic_depth", "0.5", "model.stochastic_depth"),
    ]

    @Test(arguments: flaws.indices)
    func aFieldThatCannotBeIsNamed(_ index: Int) throws {
        let (path, value, reason) = Self.flaws[index]
        let json = try JSONSerialization.jsonObject(
            with: Data((value.isEmpty ? "null" : value).utf8),
            options: .fragmentsAllowed
        )
        let text = try changed(path, value.isEmpty ? nil : json)
        #expect {
            _ = try open(text)
        } throws: { error in
            guard case TrainingError.checkpoint(let message) = error else { return false }
            #expect(
                message.contains(reason) && message.contains("changed.safetensors"),
                "\(message)"
            )
            return !message.contains("\n")
        }
    }

    @Test func theHeadHasTheClassesThatAreDescribed() throws {
        var description = description
        description["classes"] = ["ids": [0, 1, 2, 3], "names": ["a", "b", "c", "d"]]
        description["training_counts"] = [1, 1, 1, 1]
        var model = try #require(description["model"] as? [String: Any])
        model["classes"] = 4
        description["model"] = model
        #expect {
            _ = try open(try text(description))
        } throws: { error in
            "\(error)".contains("its head is for 3 classes, its description has 4")
        }
    }

    /// A description with characters changed at random is read or refused; nothing else happens.
    @Test func damagedDescriptionsAreReadOrRefused() throws {
        let whole = Array(try text(description).utf8)
        _ = try open(String(decoding: whole, as: UTF8.self))
        let alphabet = Array(#"0123456789-+.eE"{}[],:nulltrfas "#.utf8)
        var random = SeededGenerator(seed: 3)
        var refused = 0
        let rounds = 1000
        for _ in 0..<rounds {
            var bytes = whole
            for _ in 0...Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = alphabet.randomElement(using: &random) ?? 0x20
                case 1: bytes.insert(alphabet.randomElement(using: &random) ?? 0x20, at: place)
                default:
                    let end = min(bytes.count, place + Int.random(in: 1...20, using: &random))
                    bytes.removeSubrange(place..<end)
                }
            }
            do {
                _ = try open(String(decoding: bytes, as: UTF8.self))
            } catch let error as TrainingError {
                #expect(error.exitCode == 65)
                refused += 1
            }
        }
        #expect(refused > rounds / 2 && refused < rounds)
    }
}
