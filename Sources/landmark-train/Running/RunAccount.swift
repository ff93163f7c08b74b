import ArgumentParser
import Distributed
import Files
import Foundation
import Reporting
import Tensors
import Training

/// What rank 0 leaves in the run folder about a launch: how it was made and how it ended, and the
/// report page, also where the run failed.
final class RunAccount {
    private let run: RunFolder
    private let lock: RunLock?
    private var hasBegun = false

    init(_ run: RunFolder, _ lock: RunLock?) {
        self.run = run
        self.lock = lock
    }

    /// Whether the folder is still this launch's to write in.
    var isOwner: Bool {
        guard hasBegun, let lock else { return hasBegun }
        return (try? lock.verify()) != nil
    }

    /// Notes that a launch begins, in a folder that is there.
    ///
    /// - Parameter notes: sentences about the photos that the page is to show.
    func begin(_ world: World, step: Int, of total: Int, notes: [String]) throws {
        try run.begin(
            RunStatus.Launch(
                command: ["landmark-train"] + LandmarkTrain.arguments,
                version: LandmarkTrain.configuration.version,
                ranks: world.communicator.size,
                threads: world.pool.threads,
                nodes: world.topology.nodes,
                firstStep: step,
                totalSteps: total
            )
        )
        hasBegun = true
        for note in notes { try run.note(note) }
    }

    /// Notes that the run came to its end or, with a signal's name, was stopped, and writes the page.
    func end(step: Int, signal: String?) throws {
        try run.end(signal == nil ? .finished : .stopped, step: step, reason: signal)
        try RunReport.write(run, isOwn: true)
    }

    /// Notes why the run cannot go on and writes the page as far as that is possible; the error itself
    /// is told by whoever caught it.
    func fail(_ error: any Error, step: Int) {
        do {
            try run.end(.failed, step: step, reason: "\(error)")
            try RunReport.write(run, isOwn: true)
        } catch {
            Ending.say("no report page: \(error)")
        }
    }
}
