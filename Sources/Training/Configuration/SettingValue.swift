public import Networks

/// What a setting may hold: numbers, texts, switches and choices, and optionals of these.
public protocol SettingValue: Codable, Equatable, Sendable {
    /// The value that a user writes as `text`; nil where it is none.
    init?(text: String)
    /// The value as a user would write it.
    var text: String { get }
    /// What may be written, in words.
    static var kind: String { get }
    /// The values, where there are only a few.
    static var choices: [String] { get }
    /// The value that stands for nothing; nil where there is none.
    static var absent: Self? { get }
}

extension SettingValue {
    /// None, but for choices.
    public static var choices: [String] { [] }
    /// None, but for optionals.
    public static var absent: Self? { nil }
    /// Whether this is the value that stands for nothing.
    var isAbsent: Bool { Self.absent == self }
}

extension SettingValue where Self: LosslessStringConvertible {
    /// The value that Swift's description of it gives.
    public init?(text: String) { self.init(text) }
    /// Swift's description.
    public var text: String { "\(self)" }
}

extension Int: SettingValue {
    /// What may be written, in words.
    public static var kind: String { "a whole number" }
}

extension UInt64: SettingValue {
    /// What may be written, in words.
    public static var kind: String { "a whole number, 0 or more" }
}

extension Double: SettingValue {
    /// What may be written, in words.
    public static var kind: String { "a number" }
    /// The number, without a fraction where it has none.
    public var text: String {
        let text = "\(self)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

extension String: SettingValue {
    /// What may be written, in words.
    public static var kind: String { "a text" }
}

extension Bool: SettingValue {
    /// What may be written, in words.
    public static var kind: String { "true or false" }
    /// On or off.
    public var text: String { self ? "on" : "off" }
}

extension SettingValue where Self: RawRepresentable & CaseIterable, RawValue == String {
    /// The choice of that name.
    public init?(text: String) { self.init(rawValue: text) }
    /// The name of the choice.
    public var text: String { rawValue }
    /// What may be written, in words.
    public static var kind: String { "one of \(choices.joined(separator: ", "))" }
    /// The names of all choices.
    public static var choices: [String] { allCases.map(\.rawValue) }
}

extension Architecture: SettingValue {}
extension Recipe: SettingValue {}

extension Optional: SettingValue where Wrapped: SettingValue {
    /// The value that a user writes as `text`; nil where it is none.
    public init?(text: String) {
        guard let value = Wrapped(text: text) else { return nil }
        self = value
    }
    /// The value as a user would write it.
    public var text: String { self?.text ?? "none" }
    /// What may be written, in words.
    public static var kind: String { Wrapped.kind }
    /// The values, where there are only a few.
    public static var choices: [String] { Wrapped.choices }
    /// Nil.
    public static var absent: Self? { .some(nil) }
}

/// What a value must be, whatever the others are.
struct Check<Value>: Sendable {
    /// What is wrong, to stand behind the name of the flag; nil where nothing is.
    let flaw: @Sendable (Value) -> String?

    /// Anything will do.
    static var anything: Check { Check { _ in nil } }
}

extension Check<Int> {
    /// A number in `range`.
    static func within(_ range: ClosedRange<Int>) -> Check {
        Check { value in
            guard !range.contains(value) else { return nil }
            return value < range.lowerBound
                ? "is \(value); give at least \(range.lowerBound)"
                : "is \(value); at most \(range.upperBound) is possible"
        }
    }
}

extension Check<Double> {
    /// 0…1.
    static let share = number("a number from 0 to 1") { (0...1).contains($0) }
    /// 0..<1.
    static let shareBelowOne = number("a number from 0 to below 1") { (0..<1).contains($0) }
    /// 0 or more, finite in single precision.
    static let zeroOrMore = number("0 or more") { $0 >= 0 }
    /// More than 0, finite in single precision.
    static let positive = positive("a positive number")

    /// More than 0, finite in single precision.
    static func positive(_ advice: String) -> Check { number(advice) { $0 > 0 } }

    /// A number that is finite in single precision and that `fits`.
    static func number(_ advice: String, _ fits: @escaping @Sendable (Double) -> Bool) -> Check {
        Check { value in
            guard !fits(value) || !Float(value).isFinite else { return nil }
            return "is \(value); give \(advice)" + (fits(value) ? ", not infinitely much" : "")
        }
    }
}

extension Check<String> {
    /// A path.
    static let path = Check { $0.isEmpty ? "is empty; name a folder or file" : nil }
}
