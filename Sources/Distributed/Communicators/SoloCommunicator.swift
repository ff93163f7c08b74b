import Foundation

/// The only rank, without MPI.
public final class SoloCommunicator: Communicator {
    /// Always 0.
    public let rank = 0
    /// Always 1.
    public let size = 1

    /// A single machine.
    public let machines = [0]

    /// Where collective calls are not allowed, as on several ranks.
    public let localWork = LocalWork()

    /// A world of one.
    public init() {}

    /// Returns at once.
    public func barrier() { localWork.requireNone("barrier") }

    /// Leaves the bytes as they are.
    public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
        localWork.requireNone("broadcast")
        precondition(root == 0, "there is no rank \(root)")
    }

    /// Leaves the values as they are.
    public func allReduce(_ values: inout [Double]) { localWork.requireNone("allReduce") }

    /// The bytes alone.
    public func allGather(_ bytes: [UInt8]) -> [[UInt8]] {
        localWork.requireNone("allGather")
        return [bytes]
    }

    /// Copies what is sent to where it is received.
    public func sendReceive(sends: [FloatMessage], receives: [FloatMessage], patiently: Bool) {
        localWork.requireNone("sendReceive")
        precondition(sends.count == receives.count, "each message is sent and received")
        for (sent, received) in zip(sends, receives) {
            precondition(sent.peer == 0 && received.peer == 0, "there is one rank")
            precondition(sent.count == received.count, "a message keeps its size")
            received.base.update(from: sent.base, count: sent.count)
        }
    }

    /// Does nothing.
    public func finish() {}

    /// Ends the process.
    public func abort(_ code: Int32) -> Never { exit(code) }
}
