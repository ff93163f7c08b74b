import Distributed
import Files
import Foundation
import Reporting
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
            if alike { try InstructionSetAgreement.require(communicator, world.topology) }
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
        try InstructionSetAgreement.require(engine, communicator, topology)
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

/// Whether all ranks compute with the same kernels, without which their bits would differ.
enum InstructionSetAgreement {
    /// Throws on all ranks where `LANDMARK_CPU` names no set of a rank's processor, or where ranks
    /// would compute with different sets.
    static func require(_ communicator: any Communicator, _ topology: Topology) throws {
        let variable = InstructionSet.variable
        let current = InstructionSet.current.rawValue
        try communicator.together(exitCode: Ending.code) {
            let forced = ProcessInfo.processInfo.environment[variable]
            guard let forced, forced != current else { return }
            let available = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
            throw TrainingError.usage(
                "\(variable) is '\(forced)', and \(topology.node) has \(available); "
                    + "choose one of these or leave it out"
            )
        }
        let all = try communicator.gather("\(current) on \(topology.node)")
        let sets = all.compactMap { InstructionSet(rawValue: String($0.prefix { $0 != " " })) }
        guard let least = InstructionSet.allCases.first(where: sets.contains),
            sets.contains(where: { $0 != least })
        else { return }
        var told: Set<String> = []
        let places = all.filter { told.insert($0).inserted }.joined(separator: ", ")
        throw TrainingError.rank(
            0,
            code: 64,
            "the ranks would compute with different instruction sets (\(places)) and round "
                + "differently; give all the same: mpirun -x \(variable)=\(least.rawValue)"
        )
    }

    /// Throws on all ranks where some would multiply matrices with another engine or library.
    static func require(
        _ engine: BLASEngine,
        _ communicator: any Communicator,
        _ topology: Topology
    ) throws {
        let library = engine == .system ? try? SystemBLAS.found.get() : nil
        let own = library?.identity ?? "own kernels"
        let all = try communicator.gather([own, topology.node])
        guard all.contains(where: { $0.first != own }) else {
            return
        }
        var told: Set<[String]> = []
        let places = all.filter { told.insert($0).inserted }
            .map { $0.joined(separator: " on ") }.joined(separator: ", ")
        throw TrainingError.rank(
            0,
            code: 64,
            "the ranks would multiply matrices with different libraries (\(places)) and round "
                + "differently; load the same on all nodes, or give --blas own"
        )
    }
}

/// Whether what the ranks are about to hold fits their nodes, before anything of it is asked for.
enum MemoryCheck {
    /// What a rank tells the others.
    private struct Need: Codable, Sendable {
        var bytes: Int
        /// What its node has left; nil where the system does not tell.
        var memory: NodeMemory?
    }

    /// Throws on all ranks where the ranks of a node cannot have what they need, and warns where that
    /// is nearly all that the node has left; a collective call.
    ///
    /// - Parameters:
    ///   - bytes: what this rank comes to hold.
    ///   - advice: what makes it less.
    static func require(_ bytes: Int, _ world: World, advice: String) throws {
        try world.together {
            guard let left = NodeMemory.addressesLeft(), bytes > left else { return }
            throw TrainingError.memory(
                "a rank needs about \(Figures.bytes(bytes)) of memory, and ulimit -v leaves it "
                    + "\(Figures.bytes(left)); raise that limit, or \(advice)"
            )
        }
        let ranks = try world.communicator.gather(
            Need(bytes: bytes, memory: NodeMemory.read())
        )
        let machines = world.communicator.machines
        let homes = machines.indices.filter { machines[$0] == $0 }
        for (node, home) in homes.enumerated() {
            guard let memory = ranks[home].memory else { continue }
            let mates = machines.indices.filter { machines[$0] == home }
            let need = mates.reduce(0) { $0 + ranks[$1].bytes }
            let free = mates.map { ranks[$0].memory?.available ?? -1 }.min() ?? 0
            guard Double(need) > 0.9 * Double(free) else { continue }
            let place = memory.isLimitedByGroup ? "its container or job leaves" : "it has"
            let message =
                "\(Figures.count(mates.count, "rank")) on \(world.topology.nodes[node]) need about "
                + "\(Figures.bytes(need)) of memory, and \(place) \(Figures.bytes(free)); "
                + advice
            guard need <= free else { throw TrainingError.rank(home, code: 71, message) }
            if world.isRoot { Ending.say(message) }
        }
    }
}

/// What the program that started this process says of it, by variables of the environment.
struct Launcher {
    /// The variable that lets each process of a launcher run on its own.
    static let alone = "LANDMARK_ALONE"
    /// Variables that count the processes, of launchers that Open MPI may not know.
    ///
    /// Within an allocation of Slurm SLURM_NTASKS is set for every command; what srun starts knows its
    /// step's tasks.
    private static let counts = [
        "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "MPI_LOCALNRANKS",
        "JSM_NAMESPACE_SIZE", "SLURM_STEP_NUM_TASKS",
    ]
    private static let ranks = [
        "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK", "MPI_LOCALRANKID",
        "JSM_NAMESPACE_RANK", "SLURM_PROCID",
    ]

    private let environment: [String: String]

    init(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.environment = environment
    }

    /// Whether MPI is to be started; where nobody launched ranks that is spared.
    var startsMPI: Bool {
        ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_SIZE"].contains { environment[$0] != nil }
    }

    /// Number of this process among those of its launcher; 0 where there is none.
    var rank: Int { number(of: Launcher.ranks) ?? 0 }

    /// Why this launch would be as many runs of one rank as there are processes; nil where it is not.
    ///
    /// - Parameter ranks: as many as MPI counts.
    func refusal(ranks: Int) -> String? {
        guard ranks == 1, environment[Launcher.alone] ?? "" == "" else { return nil }
        // Ranks of mpirun have what srun gave to mpirun's daemons; mpirun's own number counts.
        let counts =
            environment["OMPI_COMM_WORLD_SIZE"] == nil ? Launcher.counts : [Launcher.counts[0]]
        let found = counts.lazy.compactMap { name in
            environment[name].flatMap { Int($0) }.map { (name, $0) }
        }.first { $0.1 > 1 }
        guard let (name, count) = found else { return nil }
        return
            "\(name) says that \(count) processes were started, and each finds itself alone: Open MPI "
            + "does not know this launcher; start with mpirun of Open MPI, or with srun --mpi=pmix, or "
            + "set \(Launcher.alone)=1 if each is to run on its own"
    }

    private func number(of names: [String]) -> Int? {
        names.lazy.compactMap { environment[$0].flatMap { Int($0) } }.first
    }
}
