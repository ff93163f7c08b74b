import Distributed
import Foundation
import Tensors

/// Where the threads that play ranks meet: all bring something, all look at what the others
/// brought, and nobody goes on before all have looked.
///
/// `@unchecked Sendable`: every stored variable is touched under the lock alone. What ranks bring
/// points into their own memory, which they leave alone between the two waits of a meeting.
final class Meeting: @unchecked Sendable {
    /// What a rank brings: the name of the call, and where its memory is.
    struct Offer {
        var call: String
        var bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        var messages: [FloatMessage] = []
        var storages: [Storage] = []
    }

    let size: Int
    private let patience: Double
    private let condition = NSCondition()
    private var offers: [Offer?]
    private var arrived = 0
    private var generation = 0
    private var gone: (rank: Int, reason: String)?

    init(size: Int, patience: Double) {
        self.size = size
        self.patience = patience
        offers = Array(repeating: nil, count: size)
    }

    /// Brings `offer`, runs `body` on everyone's and returns when all ranks have done so.
    ///
    /// An error of `body` is thrown after the second wait, and must come from what all see alike.
    func meet<T>(_ rank: Int, _ offer: Offer, _ body: ([Offer]) throws -> T) throws -> T {
        let all = try arrive(rank, offer)
        let outcome = Result {
            guard all.allSatisfy({ $0.call == offer.call }) else {
                let calls = all.map(\.call).joined(separator: ", ")
                throw DistributedError.mismatch("they called \(calls)")
            }
            return try body(all)
        }
        _ = try arrive(rank, offer)
        return try outcome.get()
    }

    /// Notes that a rank takes no further part.
    func leave(_ rank: Int, _ reason: String) {
        condition.lock()
        if gone == nil { gone = (rank, reason) }
        condition.broadcast()
        condition.unlock()
    }

    private func arrive(_ rank: Int, _ offer: Offer) throws -> [Offer] {
        condition.lock()
        defer { condition.unlock() }
        if let gone { throw DistributedError.rankGone(gone.rank, gone.reason) }
        offers[rank] = offer
        arrived += 1
        guard arrived < size else {
            arrived = 0
            generation += 1
            condition.broadcast()
            return offers.compactMap { $0 }
        }
        let mine = generation
        let end = Date(timeIntervalSinceNow: patience)
        while generation == mine {
            if let gone { throw DistributedError.rankGone(gone.rank, gone.reason) }
            guard condition.wait(until: end) || generation != mine else {
                gone = (rank, "nobody came to its \(offer.call) for \(patience) s")
                condition.broadcast()
                continue
            }
        }
        return offers.compactMap { $0 }
    }
}
