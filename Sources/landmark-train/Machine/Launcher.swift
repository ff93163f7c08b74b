import Foundation

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
