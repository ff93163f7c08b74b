import CThreadShim
import Foundation
import KernelTable
import Synchronization

/// A team of threads that shares loops; the caller is one of them.
///
/// Invariants behind `@unchecked Sendable`:
/// - Only one loop runs at a time: `parallelFor` is called from one thread, and bodies never call it.
/// - `job` is written under the lock before the generation is raised, and read by the workers after
///   they saw the new generation under the same lock.
/// - Tasks are claimed from one atomic counter, so which thread runs which task is open. Results
///   must therefore depend on the task alone, never on the worker; the worker index serves to pick
///   scratch memory.
///
/// A step of a network is hundreds of short loops, and waking a thread takes longer than many of them:
/// where each thread has a core to itself, those that wait spin for a while before they sleep.
public final class ThreadPool: @unchecked Sendable {
    /// Threads that take part, the caller included; at least 1.
    public let threads: Int
    /// The instruction set of the loops that run here.
    public let instructions: InstructionSet
    /// Who computes the matrix products of dense layers and convolutions.
    ///
    /// Chosen before networks are built with the pool; `system` only where `SystemBLAS.found` is a library.
    public var blas: BLASEngine

    let kernels: KernelTable

    /// Rounds that a waiting thread spins before it sleeps.
    private let spins: Int

    private struct Job {
        var count = 0
        var body: (Int, Int) -> Void = { _, _ in }
        var interruption: Interruption?
    }

    private let lock = NSCondition()
    private let finished = NSCondition()
    private var job = Job()
    private var generation = 0
    private var closing = false
    private let next = Atomic<Int>(0)
    private let busy = Atomic<Int>(0)
    private let announced = Atomic<Int>(0)
    /// What ends the loops of `leaving` early; nil outside of it.
    private var interruption: Interruption?

    /// Starts `threads - 1` workers; the program ends by `Shortage` where the system refuses one.
    ///
    /// - Parameters:
    ///   - threads: at least 1.
    ///   - instructions: what the loops may use; one that this machine has.
    ///   - blas: who computes matrix products.
    ///   - ownsCores: whether each thread has a core that nobody else wants, so that waiting threads may
    ///     keep it for a fraction of a millisecond.
    ///   - processors: one for each thread, in the kernel's numbers, which the workers stay on; empty =
    ///     where the scheduler puts them. The caller is never held to the first: threads that it
    ///     starts would be, too.
    public init(
        threads: Int,
        instructions: InstructionSet = .current,
        blas: BLASEngine = .own,
        ownsCores: Bool = false,
        processors: [Int] = []
    ) {
        precondition(threads >= 1, "a pool has at least the caller's thread")
        precondition(
            processors.isEmpty || processors.count == threads,
            "each thread of a pool has one processor, or none has"
        )
        self.threads = threads
        self.instructions = instructions
        self.blas = blas
        spins = ownsCores ? 1 << 18 : 1 << 12
        kernels = instructions.kernels
        for worker in 1..<max(threads, 1) {
            let processor = processors.isEmpty ? nil : Int32(processors[worker])
            Shortage.startThread("landmark-\(worker)", stackSize: 1 << 21) { [weak self] in
                // A system that refuses runs the thread where it likes: slower, and right.
                if let processor { _ = threadshim_stay_on(processor) }
                var seen = 0
                while ThreadPool.turn(of: self, worker, &seen) {}
            }
        }
    }

    /// What the loops that run here are computed with, for people.
    public var engineText: String {
        switch SystemBLAS.library(blas) {
        case let library?: "\(instructions), matrices by \(library)"
        case nil: "\(instructions)"
        }
    }

    deinit { close() }

    /// Ends the workers; the pool then runs every loop on the caller's thread alone.
    public func close() {
        lock.lock()
        closing = true
        lock.broadcast()
        lock.unlock()
    }

    /// Runs `body(task, worker)` for every task in 0 ..< count and returns when all are done.
    ///
    /// - Parameters:
    ///   - count: number of tasks.
    ///   - body: called once per task; `worker` is in 0 ..< threads and unique among the calls that
    ///     run at the same time.
    public func parallelFor(_ count: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
        guard threads > 1, count > 1, !closing else {
            for task in 0..<max(count, 0) {
                if let interruption, interruption.isRequested { return }
                body(task, 0)
            }
            return
        }
        withoutActuallyEscaping(body) { body in
            next.store(0, ordering: .relaxed)
            busy.store(threads - 1, ordering: .relaxed)
            lock.lock()
            job = Job(count: count, body: body, interruption: interruption)
            generation += 1
            announced.store(generation, ordering: .releasing)
            lock.broadcast()
            lock.unlock()
            claim(count, body, interruption, worker: 0)
            var left = spins
            while left > 0, busy.load(ordering: .acquiring) > 0 { left -= 1 }
            if busy.load(ordering: .acquiring) > 0 {
                finished.lock()
                while busy.load(ordering: .acquiring) > 0 { finished.wait() }
                finished.unlock()
            }
            job.body = { _, _ in }
        }
    }

    /// Runs `body`, whose loops leave out the tasks not yet begun as soon as `interruption` is requested.
    ///
    /// So a pass through a network ends within the time of a task, wherever it is: what is left of it runs
    /// through loops without tasks. What loops were to compute is worthless then, and no index may come
    /// from it outside of a loop.
    ///
    /// - Parameter interruption: nil = `body` is always done whole.
    /// - Returns: what `body` returned; nil where tasks may be missing.
    public func leaving<T>(on interruption: Interruption?, _ body: () throws -> T) rethrows -> T? {
        precondition(self.interruption == nil, "the loops can be left already")
        self.interruption = interruption
        defer { self.interruption = nil }
        let result = try body()
        // A request is not taken back before its loops are left, so that a task that saw it is seen here.
        if let interruption, interruption.isRequested { return nil }
        return result
    }

    /// Cuts 0 ..< count into ranges of at most `grain` and runs `body` for each.
    ///
    /// The ranges depend on `count` and `grain` alone.
    public func parallelRanges(
        _ count: Int,
        grain: Int,
        _ body: (_ range: Range<Int>, _ worker: Int) -> Void
    ) {
        let grain = max(grain, 1)
        parallelFor((count + grain - 1) / grain) { task, worker in
            body(task * grain..<min(count, (task + 1) * grain), worker)
        }
    }

    private func claim(
        _ count: Int,
        _ body: (Int, Int) -> Void,
        _ interruption: Interruption?,
        worker: Int
    ) {
        while true {
            if let interruption, interruption.isRequested { return }
            let task = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard task < count else { return }
            body(task, worker)
        }
    }

    /// One turn of a worker: waits for a loop, takes part, reports; false ends the thread.
    ///
    /// The worker holds the pool only while it works, so that dropping the pool ends its threads.
    private static func turn(of pool: ThreadPool?, _ worker: Int, _ seen: inout Int) -> Bool {
        guard let pool else { return false }
        var left = pool.spins
        while left > 0, pool.announced.load(ordering: .acquiring) == seen { left -= 1 }
        pool.lock.lock()
        if pool.generation == seen, !pool.closing {
            _ = pool.lock.wait(until: Date(timeIntervalSinceNow: 0.2))
        }
        if pool.closing {
            // A loop announced before the close still counts on this worker.
            let owed = pool.generation != seen
            pool.lock.unlock()
            if owed { pool.report() }
            return false
        }
        guard pool.generation != seen else {
            pool.lock.unlock()
            return true
        }
        seen = pool.generation
        pool.lock.unlock()
        pool.takePart(worker)
        pool.report()
        return true
    }

    /// Works on the announced loop.
    ///
    /// Never inlined: the hold on the loop's body must end here, before the worker reports, for the
    /// caller checks on return that nobody holds its closure any more.
    @inline(never)
    private func takePart(_ worker: Int) {
        lock.lock()
        let job = job
        lock.unlock()
        claim(job.count, job.body, job.interruption, worker: worker)
    }

    private func report() {
        guard busy.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 else {
            return
        }
        finished.lock()
        finished.signal()
        finished.unlock()
    }
}

/// A request to leave what is being computed, made by any thread and seen by all.
public final class Interruption: Sendable {
    private let requested = Atomic<Int32>(0)

    /// Nothing is requested yet.
    public init() {}

    /// Why to leave, such as the number of a signal; 0 = nothing is requested.
    public var reason: Int32 { requested.load(ordering: .relaxed) }

    /// Whether to leave.
    @inline(__always)
    public var isRequested: Bool { reason != 0 }

    /// Requests to leave for `reason`, in the place of an earlier reason.
    public func request(_ reason: Int32) { requested.store(reason, ordering: .relaxed) }

    /// The same, unless something is requested already.
    public func requestFirst(_ reason: Int32) {
        _ = requested.compareExchange(expected: 0, desired: reason, ordering: .relaxed)
    }

    /// Takes the request back where its reason still is `reason`.
    public func withdraw(_ reason: Int32) {
        _ = requested.compareExchange(expected: reason, desired: 0, ordering: .relaxed)
    }
}
