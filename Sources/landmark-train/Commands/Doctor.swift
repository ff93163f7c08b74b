import ArgumentParser
import Distributed
import Files
import Foundation
import Images
import Reporting
import Tensors

/// `landmark-train doctor`.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check whether this machine, or each node of a cluster, is fit for training.",
        discussion: """
            Under mpirun each node is looked at once. The exit code is 70 where something would \
            keep a run from working.
            """
    )

    @Option(name: [.short, .long], help: "Folder that runs would be kept in.")
    var output = "runs"

    @OptionGroup var machine: MachineFlags

    func run() {
        World.launch(threads: machine.threads, alike: false) { world in
            let findings = MachineCheck(world: world, output: output).findings
            let isWrong = findings.contains { $0.verdict == .wrong }
            let own = [world.topology.node, isWrong ? "wrong" : "fine"] + Finding.lines(findings)
            let all = try world.communicator.gather(own)
            try world.together {
                guard world.isRoot else { return }
                var told: Set<String> = []
                for lines in all where told.insert(lines[0]).inserted {
                    try StandardOutput.print([lines[0]] + lines.dropFirst(2).map { "  " + $0 })
                }
            }
            return all.contains { $0[1] == "wrong" } ? 70 : 0
        }
    }
}

/// What a rank needs of its machine, looked at one by one.
struct MachineCheck {
    let world: World
    /// Where runs would be kept.
    let output: String

    /// All findings of this rank.
    var findings: [Finding] {
        [mpi, launcher, cores, instructions, blas, systemBLAS, photos, memory, storage, files]
    }

    private var mpi: Finding {
        let size = world.communicator.size
        let nodes = world.topology.nodes.joined(separator: ", ")
        guard size > 1 || launched else {
            return Finding(
                verdict: .fine,
                subject: "MPI",
                text: "run alone: MPI is not started; try mpirun -np 2 landmark-train doctor"
            )
        }
        return Finding(
            verdict: .fine,
            subject: "MPI",
            text: "\(Figures.count(size, "rank")) on \(nodes)"
        )
    }

    private var launched: Bool {
        ProcessInfo.processInfo.environment["OMPI_COMM_WORLD_SIZE"] != nil
    }

    private var launcher: Finding {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let found = folders.map { "\($0)/mpirun" }
            .first { $0.withPathPointer { access($0, X_OK) } == 0 }
        guard let found else {
            return Finding(
                verdict: .worthKnowing,
                subject: "mpirun",
                text: "not on the PATH; load the cluster's MPI module or install openmpi-bin"
            )
        }
        return Finding(verdict: .fine, subject: "mpirun", text: found)
    }

    private var cores: Finding {
        let topology = world.topology
        let quota = topology.quota.map { ", \(Figures.fixed($0, 1)) by quota" } ?? ""
        let text =
            "\(topology.allowedProcessors) of \(topology.onlineProcessors) allowed\(quota); "
            + "\(Figures.count(topology.ranksOnNode, "rank")) on \(topology.node), "
            + "\(Figures.count(world.pool.threads, "thread")) a rank\(world.isPinned ? ", a processor each" : "") "
            + "(\(topology.cpuModel))"
        guard let advice = topology.crowding ?? topology.advice else {
            return Finding(verdict: .fine, subject: "cores", text: text)
        }
        return Finding(verdict: .worthKnowing, subject: "cores", text: "\(text); \(advice)")
    }

    private var instructions: Finding {
        let current = InstructionSet.current
        let others = InstructionSet.available.map(\.description).joined(separator: ", ")
        return Finding(
            verdict: .fine,
            subject: "CPU",
            text: "kernels for \(current), of \(others); \(InstructionSet.variable) chooses another"
        )
    }

    /// Our own product, and which engine runs by default.
    private var blas: Finding {
        let trial = trial { side, a, c in
            gemm(M: side, N: side, K: side, A: a, lda: side, B: a, ldb: side, C: c, ldc: side)
        }
        guard trial.isRight else {
            return Finding(
                verdict: .wrong,
                subject: "BLAS",
                text: "a product of matrices is wrong; try LANDMARK_CPU=baseline"
            )
        }
        let preferred = BLASEngine.preferred(for: .current).rawValue
        return Finding(
            verdict: .fine,
            subject: "BLAS",
            text: "own kernels: \(trial.speed) on one thread, results right; "
                + "--blas is \(preferred) by default"
        )
    }

    /// The library that `--blas system` computes with.
    private var systemBLAS: Finding {
        let subject = "CBLAS"
        let isPreferred = BLASEngine.preferred(for: .current) == .system
        let library: SystemBLAS
        switch SystemBLAS.found {
        case .success(let found): library = found
        case .failure(let missing):
            // Where our own kernels are tuned, nobody misses it.
            let isTuned = InstructionSet.current != .baseline
            return Finding(
                verdict: isTuned ? .fine : .worthKnowing,
                subject: subject,
                text: "\(missing)"
            )
        }
        let trial = trial { side, a, c in
            library.multiply(
                M: side,
                N: side,
                K: side,
                A: a,
                lda: side,
                B: a,
                ldb: side,
                C: c,
                ldc: side
            )
        }
        let name = library.description
        guard trial.isRight else {
            return Finding(
                verdict: isPreferred ? .wrong : .worthKnowing,
                subject: subject,
                text: "a product of matrices is wrong: \(name); give --blas own, or name another "
                    + "library in \(SystemBLAS.variable)"
            )
        }
        let threads =
            library.threadSetter.map { "told by \($0)" }
            ?? "told by OMP_NUM_THREADS and its like alone: the library has no call for it"
        return Finding(
            verdict: .fine,
            subject: subject,
            text: "\(name): \(trial.speed), results right; one thread for each product, \(threads)"
        )
    }

    /// Multiplies matrices of halves, so that every result is known: whether it is right, and the best speed.
    private func trial(
        _ multiply: (_ side: Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
    ) -> (isRight: Bool, speed: String) {
        let side = 384
        let a = Storage([Float](repeating: 0.5, count: side * side))
        let c = Storage(count: side * side)
        let seconds = (0..<5).map { _ in measureSeconds { multiply(side, a.base, c.base) } }
        let expected = Float(side) / 4
        let speed = 2 * Double(side * side * side) / max(seconds.min() ?? 0, 1e-9) / 1e9
        return (
            c.buffer.allSatisfy { abs($0 - expected) < 1e-3 * expected },
            "\(Figures.fixed(speed, 0)) GFLOP/s"
        )
    }

    /// Which kinds of photo can be decoded here.
    private var photos: Finding {
        let libraries = [SystemLibrary.png, .webp]
        let found = libraries.compactMap { library in
            library.version.map { "\(library.format) (\($0))" }
        }
        let lacking = libraries.compactMap { library in
            library.problem.map { "no \(library.format): \($0)" }
        }
        return Finding(
            verdict: lacking.isEmpty ? .fine : .worthKnowing,
            subject: "photos",
            text: ([(["JPEG"] + found).joined(separator: ", ")] + lacking).joined(separator: "; ")
        )
    }

    private var memory: Finding {
        guard let memory = NodeMemory.read() else {
            return Finding(verdict: .worthKnowing, subject: "memory", text: "not known")
        }
        let share = memory.available / world.topology.ranksOnNode
        let place = memory.isLimitedByGroup ? " in this container or job" : ""
        return Finding(
            verdict: share < 1 << 30 ? .worthKnowing : .fine,
            subject: "memory",
            text:
                "\(Figures.bytes(memory.available)) free\(place), \(Figures.bytes(share)) a rank; "
                + "train --dry-run tells what a network needs"
        )
    }

    private var storage: Finding {
        let subject = "storage"
        guard let folder = nearestFolder else {
            return Finding(verdict: .wrong, subject: subject, text: "\(output) cannot be made")
        }
        guard folder.withPathPointer({ access($0, W_OK) }) == 0 else {
            return Finding(
                verdict: .wrong,
                subject: subject,
                text: "\(folder) is not writable; choose another --output"
            )
        }
        var system = statvfs()
        _ = folder.withPathPointer { statvfs($0, &system) }
        let free = Int(clamping: UInt64(system.f_bavail) * UInt64(system.f_frsize))
        return Finding(
            verdict: free < 2 << 30 ? .worthKnowing : .fine,
            subject: subject,
            text: "\(output) can be written, \(Figures.bytes(free)) free"
        )
    }

    /// The output folder, or the nearest above it that is there.
    private var nearestFolder: String? {
        var folder = Path.absolute(output)
        while !exists(folder), folder != "/" { folder = Path.parent(of: folder) }
        return isFolder(folder) ? folder : nil
    }

    private var files: Finding {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else {
            return Finding(verdict: .worthKnowing, subject: "files", text: "no limit known")
        }
        let isLow = limit.rlim_cur < 256
        return Finding(
            verdict: isLow ? .wrong : .fine,
            subject: "files",
            text: "\(limit.rlim_cur) may be open at once"
                + (isLow ? "; raise it with ulimit -n 1024" : "")
        )
    }
}

/// What `doctor` found out about one thing.
struct Finding {
    /// How it stands.
    enum Verdict: String {
        case fine = "ok"
        case worthKnowing = "note"
        case wrong = "WRONG"
    }

    let verdict: Verdict
    let subject: String
    let text: String

    /// The findings, one a line.
    static func lines(_ findings: [Finding]) -> [String] {
        TextTable(findings.map { [$0.verdict.rawValue, $0.subject, $0.text] }, leading: 3).lines
    }
}
