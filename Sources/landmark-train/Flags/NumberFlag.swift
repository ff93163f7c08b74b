import Training

/// Numbers that a command was given, looked at before anything is reckoned with them.
enum NumberFlag {
    /// Photos of a batch, and pixels of a side.
    static let batch = 1...TrainingConfiguration.largestBatch
    static let side = 1...4096
    static let repetitions = 1...1_000_000

    /// Refuses a number outside of `range`.
    static func require(_ number: Int, _ flag: String, _ range: ClosedRange<Int>) throws {
        guard number < range.lowerBound || number > range.upperBound else { return }
        throw TrainingError.usage(
            number < range.lowerBound
                ? "\(flag) is \(number); give at least \(range.lowerBound)"
                : "\(flag) is \(number); at most \(range.upperBound) is possible"
        )
    }
}
