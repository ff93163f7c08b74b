import Distributed
import Files
import Foundation
import Tensors
import Training

/// The ranks of this launch and what this one may use of its node.
struct World {
    let communicator: any Communicator
    let topology: Topology
    let pool: ThreadPool

    /// Whether each thread has a processor to itself and stays there.
    let isPinned: Bool

    /// Whether this rank speaks for all.
    var isRoot: Bool { communicator.rank == 0 }

    /// Joins the other ranks, does the work of a command, and ends the process.
    ///
    /// What goes wrong on all ranks, or is told to all by `together`, ends them with one line; an
    /// error that only this rank met ends all ranks at once, so that none waits for it.
    ///
    /// - Parameters:
    ///   - threads: threads of this rank; nil = its share of the allowed cores.
    ///   - alike: refuse ranks that would round differently.
    ///   - body: the work; returns the exit code.
    static func launch(
        threads: Int?,
        alike: Bool = true,
        _ body: (World) throws -> Int32
    ) -> Never {
        let communicator = join()
        do {
            let world = try World(communicator, threads: threads)
            if alike { try LikeProcessors.require(communicator, world.topology) }
            let code = try body(world)
            try world.together { if world.isRoot { try StandardOutput.finish() } }
            communicator.finish()
            Ending.quit(code)
        } catch TrainingError.rank(let culprit, let code, let message) {
            // All ranks came to the same end; the first speaks for them, before any is gone.
            if communicator.rank == 0 { Ending.say("rank \(culprit): \(message)") }
            Ending.leaveAnyway(after: 20, code)
            communicator.finish()
            Ending.quit(code)
        } catch {
            Ending.say("rank \(communicator.rank): \(error)")
            communicator.abort(Ending.code(error))
        }
    }

    /// Says what is wrong with the command line, which all ranks were given, and leaves.
    static func refuse(_ words: String, code: Int32) -> Never {
        let communicator = join()
        if communicator.rank == 0 { Ending.say("rank 0: \(words)") }
        communicator.finish()
        Ending.quit(code)
    }

    /// Gives the answer to a question about the program, once for all ranks, and leaves.
    static func answer(_ text: String) -> Never {
        let communicator = join()
        var code: Int32 = 0
        do {
            guard communicator.rank == 0 else { throw CancellationError() }
            try StandardOutput.write(text + "\n")
            try StandardOutput.finish()
        } catch {
            if communicator.rank == 0 {
                Ending.say("rank 0: \(error)")
                code = Ending.code(error)
            }
        }
        communicator.finish()
        Ending.quit(code)
    }

    /// Has the matrix products of networks computed by `engine`, nil = the one preferred for the
    /// processor; called by all ranks together, before networks are built.
    func use(_ engine: BLASEngine?) throws {
        let engine = engine ?? .preferred(for: pool.instructions)
        try together {
            guard engine == .system, case .failure(let missing) = SystemBLAS.found else { return }
            throw TrainingError.usage("--blas system: \(missing)")
        }
        try LikeProcessors.require(engine, communicator, topology)
        pool.blas = engine
    }

    /// Runs `body` on all ranks and goes on only where it succeeded on all.
    func together<T>(_ body: () throws -> T) throws -> T {
        try communicator.together(exitCode: Ending.code, body)
    }

    /// Runs `body` on rank 0 and gives its value to all ranks.
    func fromRoot<T: Codable & Sendable>(
        _ type: T.Type = T.self,
        _ body: () throws -> T
    ) throws -> T {
        try communicator.fromRoot(exitCode: Ending.code, body)
    }

    private init(_ communicator: any Communicator, threads: Int?) throws {
        self.communicator = communicator
        topology = try Topology(communicator)
        try communicator.together(exitCode: Ending.code) {
            if let threads { try MachineFlags.check(threads) }
        }
        let threads = threads ?? topology.threads
        isPinned = topology.processors.count == threads
        pool = ThreadPool(
            threads: threads,
            ownsCores: threads <= topology.threads,
            processors: isPinned ? topology.processors : []
        )
    }

    /// The ranks of this launch; run alone, MPI is not started at all.
    private static func join() -> any Communicator {
        let launcher = Launcher()
        do {
            let communicator: any Communicator =
                launcher.startsMPI ? try MPICommunicator() : SoloCommunicator()
            if let refusal = launcher.refusal(ranks: communicator.size) {
                // Each process finds itself alone; the launcher's first one speaks.
                if launcher.rank == 0 { Ending.say("rank 0: \(refusal)") }
                communicator.finish()
                Ending.quit(TrainingError.usage("").exitCode)
            }
            return communicator
        } catch {
            Ending.say("rank \(launcher.rank): \(error)")
            Ending.quit(Ending.code(error))
        }
    }
}
