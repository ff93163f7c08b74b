/// The definition of one training setting: all that the program knows of it but its use.
///
/// The flags of `train` and their help, `config.json`, the description in checkpoints, the checks and
/// the rules of `--resume` are loops over the definitions in `PhotoSettings`, `NetworkSettings`,
/// `OptimisationSettings` and `CourseSettings`.
public struct Setting<Value: SettingValue>: Sendable {
    /// The key in JSON, in snake case; one within an object is written `object.key`.
    public let key: String
    /// The flag without its dashes.
    public let flag: String
    /// Other names of the flag; one of a single letter is written with one dash.
    public let aliases: [String]
    /// What `--help` says, a sentence without its full stop.
    public let help: String
    /// The value where neither a recipe nor the user says another.
    public let usual: Value

    private let read: @Sendable (String) -> Value?
    private let check: Check<Value>
    private let resume: Resume
    private let carried: Carried

    /// Whether `--resume` may change the value.
    public enum Resume: Sendable {
        /// It is applied afresh in each step, or changes no weights.
        case mayChange
        /// It decides the network, the photos of a step or the optimizer's state.
        case fixed
        /// The same for what a text tells of the value.
        case fixedAs(@Sendable (Value) -> String)
    }

    /// What checkpoints say, which are equal for equal runs in unlike places.
    public enum Carried: Sendable {
        /// The value.
        case asIs
        /// Always this, since the value says where or how often something is kept.
        case always(Value)
        /// What is left of the value.
        case shortened(@Sendable (Value) -> Value)
    }

    /// Defines a setting that always has a value.
    ///
    /// - Parameters:
    ///   - key: the key in JSON.
    ///   - flag: the flag where it is not the key with dashes.
    ///   - aliases: further names of the flag.
    init(
        _ key: String,
        flag: String? = nil,
        aliases: [String] = [],
        _ help: String,
        usual: Value,
        check: Check<Value> = .anything,
        resume: Resume = .mayChange,
        inCheckpoints: Carried = .asIs
    ) {
        self.init(key, flag, aliases, help, usual, Value.init(text:), check, resume, inCheckpoints)
    }

    /// Defines a setting that may be nil.
    ///
    /// - Parameter none: what stands for nil on the command line.
    init<Wrapped>(
        _ key: String,
        flag: String? = nil,
        aliases: [String] = [],
        _ help: String,
        none: Wrapped? = nil,
        check: Check<Wrapped> = .anything,
        resume: Resume = .mayChange,
        inCheckpoints: Carried = .asIs
    ) where Value == Wrapped? {
        let read: @Sendable (String) -> Value? = { text in
            Wrapped(text: text).map { $0 == none ? nil : $0 }
        }
        let lifted = Check<Value> { $0.flatMap(check.flaw) }
        self.init(key, flag, aliases, help, nil, read, lifted, resume, inCheckpoints)
    }

    private init(
        _ key: String,
        _ flag: String?,
        _ aliases: [String],
        _ help: String,
        _ usual: Value,
        _ read: @escaping @Sendable (String) -> Value?,
        _ check: Check<Value>,
        _ resume: Resume,
        _ carried: Carried
    ) {
        self.key = key
        self.flag = flag ?? key.map { $0 == "_" ? "-" : String($0) }.joined()
        self.aliases = aliases
        self.help = help
        self.usual = usual
        self.read = read
        self.check = check
        self.resume = resume
        self.carried = carried
    }
}

/// A setting of any type, for loops over all of them.
public protocol AnySetting: Sendable {
    /// The type of its values.
    associatedtype Value: SettingValue
    /// The key in JSON.
    var key: String { get }
    /// The flag without its dashes.
    var flag: String { get }
    /// Other names of the flag.
    var aliases: [String] { get }
    /// What `--help` says.
    var help: String { get }

    /// The change that the text of a flag asks for; nil where it is no value of this setting.
    func change(_ text: String) -> SettingChange?
    /// Whether two configurations have the same value.
    func isEqual(_ a: TrainingConfiguration, _ b: TrainingConfiguration) -> Bool
    /// The value in words.
    func text(in configuration: TrainingConfiguration) -> String
    /// Throws `TrainingError.usage` where the value is none that any run could have.
    func check(_ configuration: TrainingConfiguration) throws
    /// Throws `TrainingError.usage` where a run of `earlier` cannot go on with the value.
    func check(_ configuration: TrainingConfiguration, resuming earlier: TrainingConfiguration)
        throws
    /// Puts in place of the value what checkpoints say.
    func removePlace(from configuration: inout TrainingConfiguration)
    /// Writes the value as `key` of `container`; nil as null, or not at all.
    func encode(
        _ configuration: TrainingConfiguration,
        to container: inout KeyedEncodingContainer<SettingKey>,
        _ key: SettingKey,
        nulls: Bool
    ) throws
    /// Reads the value; nil where the key is missing and the setting cannot be nil.
    func decode(
        _ container: KeyedDecodingContainer<SettingKey>,
        _ key: SettingKey
    ) throws -> SettingChange?
}

/// The change of one setting.
public typealias SettingChange = @Sendable (inout TrainingConfiguration) -> Void

extension Setting: AnySetting {
    /// The change that the text of a flag asks for; nil where it is no value of this setting.
    public func change(_ text: String) -> SettingChange? {
        read(text).map(becoming)
    }

    private func becoming(_ value: Value) -> SettingChange { { $0[self] = value } }

    /// Whether two configurations have the same value.
    public func isEqual(_ a: TrainingConfiguration, _ b: TrainingConfiguration) -> Bool {
        a[self] == b[self]
    }

    /// The value in words.
    public func text(in configuration: TrainingConfiguration) -> String { configuration[self].text }

    /// Throws `TrainingError.usage` where the value is none that any run could have.
    public func check(_ configuration: TrainingConfiguration) throws {
        guard let flaw = check.flaw(configuration[self]) else { return }
        throw TrainingError.usage("--\(flag) \(flaw)")
    }

    /// Throws `TrainingError.usage` where a run of `earlier` cannot go on with the value.
    public func check(
        _ configuration: TrainingConfiguration,
        resuming earlier: TrainingConfiguration
    ) throws {
        let text: (Value) -> String
        switch resume {
        case .mayChange: return
        case .fixed: text = { "\($0.text)" }
        case .fixedAs(let words): text = words
        }
        let (before, now) = (text(earlier[self]), text(configuration[self]))
        guard before != now else { return }
        throw TrainingError.usage(
            "--\(flag) cannot change on --resume: the run has \(before), now it is \(now); leave the "
                + "flag out or start a new run with --weights"
        )
    }

    /// Puts in place of the value what checkpoints say.
    public func removePlace(from configuration: inout TrainingConfiguration) {
        switch carried {
        case .asIs: return
        case .always(let value): configuration[self] = value
        case .shortened(let shorten): configuration[self] = shorten(configuration[self])
        }
    }

    /// Writes the value as `key` of `container`; nil as null, or not at all.
    public func encode(
        _ configuration: TrainingConfiguration,
        to container: inout KeyedEncodingContainer<SettingKey>,
        _ key: SettingKey,
        nulls: Bool
    ) throws {
        let value = configuration[self]
        if nulls || !value.isAbsent { try container.encode(value, forKey: key) }
    }

    /// Reads the value; nil where the key is missing and the setting cannot be nil.
    public func decode(
        _ container: KeyedDecodingContainer<SettingKey>,
        _ key: SettingKey
    ) throws -> SettingChange? {
        if container.contains(key) {
            return becoming(try container.decode(Value.self, forKey: key))
        }
        return Value.absent.map(becoming)
    }
}
