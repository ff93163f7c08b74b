import Foundation
import Tensors

/// An exchange beside the backward pass that computes what is exchanged: on a thread of its own, buckets are
/// reduced, updated and gathered from the last one down, each as soon as its gradients are complete.
///
/// The network carries gradients while the processors compute others; what is left at the end is the
/// first layers' share. The order of buckets is the same on all ranks, and none of it changes a bit.
/// A rank's sums are those of `GradientReducer.exchange`.
///
/// Invariants behind `@unchecked Sendable`:
/// - From `init` to the end of `finish` the thread alone works with the reducer, its communicator and the
///   update; the values and gradients from `complete` on are the thread's too, those below the caller's.
/// - `complete` and `outcome` are read and written under the lock.
public final class OverlappedExchange: @unchecked Sendable {
    private let reducer: GradientReducer
    private let located: GradientReducer.LocatedNodes
    private let blocks: [Range<Int>]
    private let update: GradientReducer.Update
    /// The pool of the thread, for the reducer's computes the pass.
    private let alone = ThreadPool(threads: 1)
    private let changed = NSCondition()
    /// The first float from which on the gradient is complete.
    private var complete: Int
    private var outcome: Result<Void, any Error>?

    /// Begins an exchange of a gradient of which nothing is complete yet; a collective call.
    ///
    /// - Parameters:
    ///   - reducer: of several ranks that share no memory; where `canOverlap` holds, time is gained.
    ///   - nodes: this rank's nodes, from the first slice to the last, which are still being computed.
    ///   - blocks: as of `GradientReducer.exchange`.
    ///   - update: as of `GradientReducer.exchange`, but called by one thread.
    public init(
        _ reducer: GradientReducer,
        nodes: [SliceNode],
        blocks: [Range<Int>],
        update: @escaping GradientReducer.Update
    ) throws {
        precondition(
            reducer.communicator.size > 1 && !reducer.sharesMemory,
            "several ranks exchange by messages alone"
        )
        self.reducer = reducer
        self.blocks = blocks
        self.update = update
        located = try reducer.locate(nodes)
        complete = reducer.shards.count
        Shortage.startThread("landmark-exch") { [self] in
            let outcome = Result { try run() }
            changed.lock()
            self.outcome = outcome
            changed.broadcast()
            changed.unlock()
        }
    }

    /// Tells that the gradient is complete from the float `first` on, and that the values there are needed no
    /// more.
    public func advance(to first: Int) {
        changed.lock()
        complete = min(complete, first)
        changed.broadcast()
        changed.unlock()
    }

    /// Returns when all is exchanged; the gradient is complete.
    public func finish() throws {
        advance(to: 0)
        changed.lock()
        while outcome == nil { changed.wait() }
        let outcome = outcome
        changed.unlock()
        try outcome?.get()
    }

    private func run() throws {
        for part in reducer.parts(blocks).reversed() {
            guard let bucket = part.bucket else { continue }
            changed.lock()
            while complete > bucket.lowerBound { changed.wait() }
            changed.unlock()
            let places = try reducer.places(located, bucket, patiently: true)
            reducer.forEachStrip(of: part, blocks, on: alone) {
                update($0, $1, reducer.total($1, places, $2))
            }
            try reducer.send(bucket, patiently: true)
        }
    }
}
