/// Floats that go to or come from another rank.
public struct FloatMessage {
    /// The other rank.
    public let peer: Int
    /// Where the floats are, or will be; the caller keeps that memory alive during the call.
    public let base: UnsafeMutablePointer<Float>
    /// Number of floats.
    public let count: Int

    /// A message of `count` floats at `base` to or from the rank `peer`.
    public init(peer: Int, _ base: UnsafeMutablePointer<Float>, _ count: Int) {
        precondition(count >= 0, "a message has no negative size")
        self.peer = peer
        self.base = base
        self.count = count
    }

    /// The same floats as messages of at most `limit`.
    func cut(atMost limit: Int) -> [FloatMessage] {
        stride(from: 0, to: count, by: limit).map {
            FloatMessage(peer: peer, base + $0, min(limit, count - $0))
        }
    }
}
