/// What `doctor` found out about one thing.
struct Finding {
    /// How it stands.
    enum Verdict: String {
        case fine = "ok"
        case worthKnowing = "note"
        case wrong = "WRONG"
    }

    let verdict: Verdict
    let subject: String
    let text: String

    /// The finding on one line.
    var line: String {
        let first = verdict.rawValue.padded(to: 7)
        return first + subject.padded(to: 10) + text
    }
}

extension String {
    /// The text with spaces up to `width`.
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(1, width - count))
    }
}
