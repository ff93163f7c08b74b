import Files
public import Foundation

extension TrainingConfiguration {
    /// The configuration as JSON with sorted snake-case keys, the format of `config.json`.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(Complete(configuration: self))
    }

    /// The configuration in the JSON file `path`, over the values of the recipe that it names.
    ///
    /// A file may hold any subset of the keys of `config.json`; one that is not known is an error.
    public static func read(
        _ path: String,
        over base: TrainingConfiguration
    ) throws -> TrainingConfiguration {
        guard let data = try contents(of: path) else {
            throw TrainingError.configuration(
                "cannot read the configuration \(path); give a JSON file such as a run's config.json"
            )
        }
        return try parse(data, from: path, over: base)
    }

    /// The configuration in the JSON `text`, such as `json` gives.
    public static func parse(_ text: String) throws -> TrainingConfiguration {
        try parse(Data(text.utf8), from: "the settings", over: Recipe.landmark.configuration)
    }

    private static func parse(
        _ data: Data,
        from place: String,
        over base: TrainingConfiguration
    ) throws -> TrainingConfiguration {
        do {
            let given = try object(data, place)
            var start = base
            if let name = given["recipe"] as? String, let recipe = Recipe(rawValue: name) {
                start = recipe.configuration
            }
            let merged = try merge(given, into: object(start.json(), place), place)
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(
                TrainingConfiguration.self,
                from: JSONSerialization.data(withJSONObject: merged)
            )
        } catch let error as DecodingError {
            let culprit = explain(error) ?? misfit(data, over: base)
            throw TrainingError.configuration("\(place): \(culprit)")
        } catch let error as TrainingError {
            throw error
        } catch {
            throw TrainingError.configuration(
                "\(place) is not valid JSON, or holds a number beyond all bounds; correct the file"
            )
        }
    }

    private static func object(_ data: Data, _ place: String) throws -> [String: Any] {
        guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw TrainingError.configuration("\(place) holds no JSON object of settings")
        }
        return object
    }

    /// Puts the values of `given` over those of `start`, object by object.
    private static func merge(
        _ given: [String: Any],
        into start: [String: Any],
        _ place: String
    ) throws -> [String: Any] {
        var merged = start
        for (key, value) in given.sorted(by: { $0.key < $1.key }) {
            guard start[key] != nil else {
                throw TrainingError.configuration(
                    "\(place): unknown setting '\(key)'; known are "
                        + start.keys.sorted().joined(separator: ", ")
                )
            }
            if let inner = value as? [String: Any], let below = start[key] as? [String: Any] {
                merged[key] = try merge(inner, into: below, place)
            } else {
                merged[key] = value
            }
        }
        return merged
    }

    /// `stored`, which leaves out what is nil, with the recipe's values for settings that it lacks.
    static func completed(_ stored: [String: Any]) throws -> [String: Any] {
        let recipe = (stored["recipe"] as? String).flatMap(Recipe.init) ?? .landmark
        let known = try object(recipe.configuration.json(), "the recipe")
        let optional = Set(recipe.configuration.optionals.map { snakeCase($0.name) })
        return overlay(stored, on: known.filter { !optional.contains($0.key) })
    }

    private static func snakeCase(_ name: String) -> String {
        name.map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }.joined()
    }

    /// Names of the settings that may be nil, and whether they are.
    fileprivate var optionals: [(name: String, isNil: Bool)] {
        [
            ("data", data == nil), ("dropout", dropout == nil), ("weights", weights == nil),
            ("clip", clip == nil), ("referenceBatch", referenceBatch == nil), ("ema", ema == nil),
            ("slices", slices == nil), ("steps", steps == nil), ("output", output == nil),
            ("checkpointEvery", checkpointEvery == nil),
        ]
    }

    private static func overlay(_ upper: [String: Any], on lower: [String: Any]) -> [String: Any] {
        lower.merging(upper) { below, above in
            guard let below = below as? [String: Any], let above = above as? [String: Any] else {
                return above
            }
            return overlay(above, on: below)
        }
    }

    /// The setting whose number fits no whole number of its kind: the decoder does not tell, so each is
    /// tried alone.
    private static func misfit(_ data: Data, over base: TrainingConfiguration) -> String {
        let given = (try? object(data, "")) ?? [:]
        let key = given.sorted { $0.key < $1.key }.first { key, value in
            guard let start = try? object(base.json(), ""),
                let merged = try? merge([key: value], into: start, ""),
                let json = try? JSONSerialization.data(withJSONObject: merged)
            else { return false }
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return (try? decoder.decode(TrainingConfiguration.self, from: json)) == nil
        }?.key
        return "setting '\(key ?? "")': its number is not one that can be used here"
    }

    /// What is wrong with which setting; nil where the error names none.
    private static func explain(_ error: DecodingError) -> String? {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context),
            .keyNotFound(_, let context), .dataCorrupted(let context):
            guard !context.codingPath.isEmpty else { return nil }
            let key = context.codingPath.map(\.stringValue).joined(separator: ".")
            return "setting '\(key)': \(context.debugDescription)"
        @unknown default:
            return "\(error)"
        }
    }
}

/// All settings of a configuration, those that are nil as null.
///
/// A setting that were left out would fall back to the recipe's when the file is read again.
private struct Complete: Encodable {
    let configuration: TrainingConfiguration

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        try configuration.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        for (name, isNil) in configuration.optionals where isNil {
            try container.encodeNil(forKey: Key(stringValue: name))
        }
    }
}
