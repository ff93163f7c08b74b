public import Foundation

extension TrainingConfiguration {
    /// The configuration as JSON with sorted snake-case keys, the format of `config.json`.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }

    /// The configuration in the JSON file `path`, over the values of the recipe that it names.
    ///
    /// A file may hold any subset of the keys of `config.json`; one that is not known is an error.
    public static func read(
        _ path: String,
        over base: TrainingConfiguration
    ) throws -> TrainingConfiguration {
        guard let data = FileManager.default.contents(atPath: path) else {
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
            throw TrainingError.configuration("\(place): \(explain(error))")
        } catch let error as TrainingError {
            throw error
        } catch {
            throw TrainingError.configuration("\(place) is not valid JSON; correct the file")
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
        let isWhole = start["recipe"] != nil
        let known = Set(start.keys).union(isWhole ? optionalKeys : [])
        for (key, value) in given.sorted(by: { $0.key < $1.key }) {
            guard known.contains(key) else {
                throw TrainingError.configuration(
                    "\(place): unknown setting '\(key)'; known are "
                        + known.sorted().joined(separator: ", ")
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

    /// Keys that the encoder leaves out while they are nil.
    private static var optionalKeys: [String] {
        [
            "data", "dropout", "weights", "reference_batch", "clip", "ema", "slices", "steps",
            "output", "checkpoint_every",
        ]
    }

    private static func explain(_ error: DecodingError) -> String {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context),
            .keyNotFound(_, let context), .dataCorrupted(let context):
            let key = context.codingPath.map(\.stringValue).joined(separator: ".")
            return "setting '\(key)': \(context.debugDescription)"
        @unknown default:
            return "\(error)"
        }
    }
}
