public import Distributed
import Images

extension Communicator {
    /// Runs `body` on every rank and goes on only if it succeeded on all.
    ///
    /// Every rank must call this at the same point, and `body` must not talk to other ranks. Where
    /// it fails on some, all throw `TrainingError.rank` with the error of the lowest of them. So no
    /// rank waits for one that is gone, and the message is known everywhere.
    ///
    /// - Parameter exitCode: the exit code for an error of `body`.
    public func together<T>(
        exitCode: (any Error) -> Int32 = TrainingError.exitCode(of:),
        _ body: () throws -> T
    ) throws -> T {
        let outcome = Result { try body() }
        var report: [UInt8] = []
        if case .failure(let error) = outcome {
            report = Array("\(exitCode(error)) \(error)".utf8)
        }
        let reports = try allGather(report)
        guard let first = reports.firstIndex(where: { !$0.isEmpty }) else {
            return try outcome.get()
        }
        let text = String(decoding: reports[first], as: UTF8.self)
        let parts = text.split(separator: " ", maxSplits: 1)
        throw TrainingError.rank(
            first,
            code: parts.first.flatMap { Int32($0) } ?? 70,
            parts.count > 1 ? String(parts[1]) : text
        )
    }

    /// The unreadable photos of all ranks, in the order of ranks.
    func allGather(_ photos: [SkippedPhoto]) throws -> [SkippedPhoto] {
        let own = photos.map { "\($0.path)\u{1f}\($0.reason)" }.joined(separator: "\u{1e}")
        return try allGather(Array(own.utf8)).flatMap { bytes in
            String(decoding: bytes, as: UTF8.self).split(separator: "\u{1e}").map { line in
                let parts = line.split(
                    separator: "\u{1f}",
                    maxSplits: 1,
                    omittingEmptySubsequences: false
                )
                return SkippedPhoto(
                    path: String(parts[0]),
                    reason: parts.count > 1 ? String(parts[1]) : ""
                )
            }
        }
    }
}
