import ArgumentParser
import Training

/// The flags of a group of training settings, made from their definitions.
///
/// ArgumentParser finds the flags of a type by looking at the properties of an instance. Here there are as
/// many as the group has settings: the mirror shows one property wrapper for each.
struct SettingFlags<Group: SettingGroup>: ParsableArguments, CustomReflectable {
    /// What was given, by the keys of the settings.
    private var changes: [String: SettingChange] = [:]

    init() {}

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: SettingKey.self)
        for setting in Group().settings {
            changes[setting.key] = try setting.givenChange(container)
        }
    }

    var customMirror: Mirror {
        Mirror(self, children: Group().settings.map { (label: $0.flag, value: $0.property) })
    }

    /// Makes the changes that were given.
    func apply(to configuration: inout TrainingConfiguration) {
        for change in changes.values { change(&configuration) }
    }

    /// The keys of the settings whose flags were given.
    var keys: Set<String> { Set(changes.keys) }

    /// Whether the flag of a setting was given.
    func gives<Value>(_ path: KeyPath<Group, Setting<Value>>) -> Bool {
        changes[Group()[keyPath: path].key] != nil
    }
}

extension AnySetting {
    /// The property that ArgumentParser makes the flag from.
    fileprivate var property: Any {
        let text = ArgumentHelp("\(help)\(defaults).")
        if Value.self == Bool.self {
            return Flag<Bool?>(name: names, inversion: .prefixedNo, help: text)
        }
        return Option<SettingText<Value>?>(name: names, help: text)
    }

    /// The change that was asked for; nil where the flag was not given.
    fileprivate func givenChange(
        _ container: KeyedDecodingContainer<SettingKey>
    ) throws -> SettingChange? {
        let key = SettingKey(stringValue: flag)
        if Value.self == Bool.self {
            let isOn = try container.decode(Flag<Bool?>.self, forKey: key).wrappedValue
            return isOn.flatMap { change("\($0)") }
        }
        let given = try container.decode(Option<SettingText<Value>?>.self, forKey: key)
        return given.wrappedValue.flatMap { change($0.text) }
    }

    /// The names of the flag, for commands that have it too.
    var names: NameSpecification {
        NameSpecification(
            ([flag] + aliases).map { name in
                guard name.count == 1, let letter = name.first else { return .customLong(name) }
                return .customShort(letter)
            }
        )
    }

    /// The value that recipes have, as help tells it.
    private var defaults: String {
        let usual = text(in: Recipe.landmark.configuration)
        let others = Recipe.allCases.map { ($0.rawValue, text(in: $0.configuration)) }
            .filter { $0.1 != usual }
        let isUnset = usual == false.text || Value.absent?.text == usual
        guard !others.isEmpty || !isUnset else { return "" }
        let rest = others.map { "\($0.0): \($0.1)" }.joined(separator: ", ")
        return " (default: \(usual)" + (rest.isEmpty ? "" : "; \(rest)") + ")"
    }
}

/// What a flag was given, once it is known to be a value of the setting.
private struct SettingText<Value: SettingValue>: ExpressibleByArgument {
    let text: String

    init?(argument: String) {
        guard Value(text: argument) != nil else { return nil }
        text = argument
    }

    static var allValueStrings: [String] { Value.choices }
    static var defaultCompletionKind: CompletionKind {
        Value.choices.isEmpty ? .default : .list(Value.choices)
    }
}
