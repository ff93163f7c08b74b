import Files
public import Foundation

/// The key of a setting among the keys of JSON.
public struct SettingKey: CodingKey {
    /// The key.
    public let stringValue: String
    /// Settings have no numbers.
    public var intValue: Int? { nil }

    /// The key called `stringValue`.
    public init(stringValue: String) { self.stringValue = stringValue }
    /// Nil: settings have no numbers.
    public init?(intValue: Int) { nil }

    /// `key` as Swift writes it, which the coders' strategies turn into snake case and back.
    fileprivate init(camel key: Substring) {
        let words = key.split(separator: "_")
        stringValue =
            (words.prefix(1) + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() })
            .joined()
    }
}

extension AnySetting {
    /// The object that holds the setting and its key there; no object for most.
    fileprivate var path: (object: SettingKey?, key: SettingKey) {
        let parts = key.split(separator: ".").map(SettingKey.init(camel:))
        return (parts.count > 1 ? parts.first : nil, parts[parts.count - 1])
    }
}

extension TrainingConfiguration: Codable {
    private static let recipeKey = SettingKey(stringValue: "recipe")

    /// Writes all settings but those that are nil.
    public func encode(to encoder: any Encoder) throws { try encode(to: encoder, nulls: false) }

    fileprivate func encode(to encoder: any Encoder, nulls: Bool) throws {
        var container = encoder.container(keyedBy: SettingKey.self)
        try container.encode(recipe, forKey: Self.recipeKey)
        for setting in Self.settings {
            let (object, key) = setting.path
            if let object {
                var inner = container.nestedContainer(keyedBy: SettingKey.self, forKey: object)
                try setting.encode(self, to: &inner, key, nulls: nulls)
            } else {
                try setting.encode(self, to: &container, key, nulls: nulls)
            }
        }
    }

    /// Reads settings; those that are missing are nil where they may be, and else the recipe's, so that
    /// checkpoints of versions that had fewer settings are read too.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: SettingKey.self)
        let recipe = try container.decodeIfPresent(Recipe.self, forKey: Self.recipeKey)
        var changes: [SettingChange] = []
        for setting in Self.settings {
            let (object, key) = setting.path
            let holder: KeyedDecodingContainer<SettingKey>
            if let object {
                guard container.contains(object) else { continue }
                holder = try container.nestedContainer(keyedBy: SettingKey.self, forKey: object)
            } else {
                holder = container
            }
            if let change = try setting.decode(holder, key) { changes.append(change) }
        }
        self = (recipe ?? .landmark).configuration { settings in
            for change in changes { change(&settings) }
        }
    }

    /// The configuration as JSON with sorted snake-case keys, the format of `config.json`; settings that
    /// are nil are null, since one that is left out has the recipe's value when the file is read.
    public func json() throws -> Data {
        try Complete(configuration: self).jsonPage(snakeCase: true)
    }

    private struct Complete: Encodable {
        let configuration: TrainingConfiguration

        func encode(to encoder: any Encoder) throws {
            try configuration.encode(to: encoder, nulls: true)
        }
    }

    /// The configuration in the JSON file `path`, over the values of the recipe that it names.
    ///
    /// A file may hold any subset of the keys of `config.json`; one that is not known is an error.
    public static func read(
        _ path: String,
        over base: TrainingConfiguration
    ) throws -> TrainingConfiguration {
        let file = try SettingsFile.read(path)
        if let recipe = file.recipe { return recipe.configuration { file.apply(to: &$0) } }
        var configuration = base
        file.apply(to: &configuration)
        return configuration
    }

    /// The configuration in the JSON `text`, such as `json` gives.
    public static func parse(_ text: String) throws -> TrainingConfiguration {
        let file = try SettingsFile(Data(text.utf8), from: "the settings")
        return (file.recipe ?? .landmark).configuration { file.apply(to: &$0) }
    }
}

/// What a file of settings changes.
public struct SettingsFile: Sendable {
    /// The recipe that it names.
    public let recipe: Recipe?
    /// The keys of the settings that it has.
    public let keys: Set<String>
    private let changes: [SettingChange]

    /// Reads the JSON file `path`.
    ///
    /// Throws `TrainingError.configuration` where it cannot be read, or has settings that are not known.
    public static func read(_ path: String) throws -> SettingsFile {
        guard let data = try contents(of: path) else {
            throw TrainingError.configuration(
                "cannot read the configuration \(path); give a JSON file such as a run's config.json"
            )
        }
        return try SettingsFile(data, from: path)
    }

    fileprivate init(_ data: Data, from place: String) throws {
        do {
            let text = try JSONDecoder().decode(SettingsText.self, from: data)
            recipe = text.recipe
            keys = text.keys
            changes = text.changes
        } catch let flaw as SettingsText.Flaw {
            throw TrainingError.configuration("\(place): \(flaw.text)")
        } catch DecodingError.typeMismatch {
            throw TrainingError.configuration("\(place) holds no JSON object of settings")
        } catch {
            throw TrainingError.configuration("\(place) is not valid JSON; correct the file")
        }
    }

    /// Makes the changes.
    public func apply(to configuration: inout TrainingConfiguration) {
        for change in changes { change(&configuration) }
    }
}

/// The settings in a JSON text.
private struct SettingsText: Decodable {
    var recipe: Recipe?
    var keys: Set<String> = []
    var changes: [SettingChange] = []

    /// What is wrong with which setting.
    struct Flaw: Error {
        let text: String
    }

    init(from decoder: any Decoder) throws {
        try read(try decoder.container(keyedBy: SettingKey.self), within: "")
    }

    private mutating func read(
        _ container: KeyedDecodingContainer<SettingKey>,
        within object: String
    ) throws {
        for key in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
            let name = object + key.stringValue
            if name == "recipe" {
                recipe = try value(name, Recipe.kind) {
                    try container.decode(Recipe.self, forKey: key)
                }
            } else if let setting = TrainingConfiguration.settings.first(where: { $0.key == name })
            {
                if let change = try value(
                    name,
                    setting.kind,
                    { try setting.decode(container, key) }
                ) {
                    keys.insert(setting.key)
                    changes.append(change)
                }
            } else if Self.siblings(name + ".").isEmpty {
                throw Flaw(
                    text: "unknown setting '\(key.stringValue)'; known are "
                        + Self.siblings(object).joined(separator: ", ")
                )
            } else {
                let inner = try value(name, "an object of settings") {
                    try container.nestedContainer(keyedBy: SettingKey.self, forKey: key)
                }
                try read(inner, within: name + ".")
            }
        }
    }

    /// The keys that an object may have.
    private static func siblings(_ object: String) -> [String] {
        let keys = TrainingConfiguration.settings.map(\.key) + ["recipe"]
        let own = keys.filter { $0.hasPrefix(object) }.compactMap {
            $0.dropFirst(object.count).split(separator: ".").first.map(String.init)
        }
        return Set(own).sorted()
    }

    private func value<T>(_ name: String, _ kind: String, _ read: () throws -> T) throws -> T {
        // A number that fits no whole number is an error of the decoder that has no name.
        do { return try read() } catch {
            throw Flaw(text: "setting '\(name)': give \(kind)")
        }
    }
}

extension AnySetting {
    fileprivate var kind: String { Value.kind }
}
