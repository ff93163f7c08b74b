import Distributed
import Foundation
import Tensors
import Training

/// Whether all ranks compute with the same kernels, without which their bits would differ.
enum LikeProcessors {
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
