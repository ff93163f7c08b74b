public import Distributed

extension Communicator {
    /// Runs `body` on every rank and goes on only if it succeeded on all.
    ///
    /// Every rank must call this at the same point, and `body` must not communicate: a collective call inside
    /// traps. Where it fails on some, all throw `TrainingError.rank` with the error of the lowest of them. So no
    /// rank waits for one that is gone, and the message is known everywhere.
    ///
    /// - Parameter exitCode: the exit code for an error of `body`.
    public func together<T>(
        exitCode: (any Error) -> Int32 = TrainingError.exitCode(of:),
        _ body: () throws -> T
    ) throws -> T {
        let outcome = Result { try localWork.run(body) }
        var failure: RankFailure?
        if case .failure(let error) = outcome {
            failure = RankFailure(code: exitCode(error), message: "\(error)")
        }
        let failures = try gather(failure)
        for (rank, failure) in failures.enumerated() {
            if let failure { throw TrainingError.rank(rank, code: failure.code, failure.message) }
        }
        return try outcome.get()
    }

    /// Runs `body` on rank 0 alone and gives its value, or its error, to all ranks.
    ///
    /// - Parameter exitCode: the exit code for an error of `body`.
    public func fromRoot<Value: Codable & Sendable>(
        exitCode: (any Error) -> Int32 = TrainingError.exitCode(of:),
        _ body: () throws -> Value
    ) throws -> Value {
        let own = try together(exitCode: exitCode) { rank == 0 ? [try body()] : [] }
        return try gather(own)[0][0]
    }
}

/// What a rank tells the others of an error.
private struct RankFailure: Codable, Sendable {
    var code: Int32
    var message: String
}
