import ArgumentParser
import Files
import Foundation
import Reporting
import Training

/// `landmark-train stop`.
struct Stop: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End a run that is being trained, with a checkpoint.",
        discussion: """
            Works from any machine that sees the run folder, for runs under mpirun too: the run \
            ends with exit code 75 as after SIGTERM, and --resume RUN goes on at that very step. Waits \
            until the run has ended. Where no process trains in RUN there is nothing to do, which \
            is said and is a success.
            """
    )

    @Argument(help: ArgumentHelp("Run folder.", valueName: "run"))
    var folder: String

    @Option(help: ArgumentHelp("Longest time to wait for the end.", valueName: "seconds"))
    var timeout = 600.0

    func run() {
        World.launch(threads: 1) { world in
            try world.fromRoot(Int32.self) { try stop() }
        }
    }

    private func stop() throws -> Int32 {
        guard timeout.isFinite, timeout >= 0 else {
            throw TrainingError.usage("--timeout is \(timeout); give seconds, 0 or more")
        }
        let run = RunFolder(folder)
        guard let standing = try RunLock.standing(run) else {
            guard run.holdsRun else {
                throw FileError("\(folder) holds no run; give the folder of a run")
            }
            return try nothing("no process trains in it")
        }
        let owner = standing.owner
        guard standing.isAlive else {
            return try nothing(
                owner.isHere
                    ? "\(owner.description) is gone"
                    : "\(owner.description) gave no sign of life for "
                        + Figures.duration(standing.silence)
            )
        }
        do {
            try RunLock.askToStop(run)
        } catch {
            // A disk without room for one more line, say; on this machine there is another way.
            guard owner.isHere, owner.signal(SIGUSR1) else {
                throw FileError(
                    "\(owner.description) cannot be told to end by this user: \(error)"
                )
            }
        }
        return try waitForEnd(of: owner, in: run)
    }

    /// Waits until `owner` has left the folder of `run`, and tells how.
    private func waitForEnd(of owner: RunOwner, in run: RunFolder) throws -> Int32 {
        let end = ContinuousClock.now + .seconds(timeout)
        Ending.say("waiting for \(owner.description) to end \(folder)")
        while true {
            guard let now = try RunLock.standing(run), now.owner == owner else {
                try StandardOutput.print(
                    "\(folder) ended \(lastStep(run)); go on with --resume \(folder.shellWord)"
                )
                return 0
            }
            guard now.isAlive else {
                throw FileError(
                    "\(owner.description) ended without leaving \(folder) in order: it was killed; "
                        + "the newest checkpoint is \(lastStep(run)), go on with --resume "
                        + folder.shellWord
                )
            }
            guard ContinuousClock.now < end else {
                Ending.say(
                    "\(owner.description) still runs after \(Figures.duration(timeout)); it ends "
                        + "after the step or evaluation at hand"
                )
                return Ending.tooSoon
            }
            Thread.sleep(forTimeInterval: owner.isHere ? 0.1 : 1)
        }
    }

    private func nothing(_ reason: String) throws -> Int32 {
        try StandardOutput.print("nothing to stop in \(folder): \(reason)")
        return 0
    }

    private func lastStep(_ run: RunFolder) -> String {
        guard let step = try? CheckpointFile(run.path, latest: true).metadata?.step else {
            return "without a checkpoint"
        }
        return "after step \(step)"
    }
}
