/// A loop of multiply-adds on registers alone: what the multipliers can do at best.
public struct PeakKernel: Sendable {
    /// Floating-point operations of one round, a multiplication and an addition each counting one.
    public let operations: Int
    /// (rounds, x, y): s = s · x + y in all chains, so often; returns the sum of the chains.
    public let run: @Sendable (Int, Float, Float) -> Float

    /// Assembles the loop.
    public init(operations: Int, run: @escaping @Sendable (Int, Float, Float) -> Float) {
        self.operations = operations
        self.run = run
    }
}
