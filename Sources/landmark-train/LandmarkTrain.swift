import ArgumentParser
import CProcessShim
import Files

/// The program: subcommands, of which `train` is the one meant when none is named.
@main
struct LandmarkTrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "landmark-train",
        abstract: "Train networks that name the landmark in a photo, on the CPUs of many nodes.",
        discussion: """
            Run it alone or under mpirun; every rank holds a replica of the network and a share \
            of each batch, and the result is the same, bit for bit, on any number of ranks.

              landmark-train                                   built-in landmarks, in minutes
              mpirun -np 8 landmark-train --data photos        your photos, on 8 ranks
              landmark-train evaluate runs/RUN --data photos   how good is it?
              landmark-train predict runs/RUN holiday.jpg      what is this?

            Logs go to standard error, results to standard output. Exit codes: 0 good, 64 usage, \
            65 bad data, 69 a run did not end in time, 70 internal, 71 no memory or no thread to \
            be had, 73 the run folder is another process's, 74 input or output, 75 stopped with a \
            checkpoint written. mpirun -q leaves out mpirun's own words where a command ends with \
            an error.
            """,
        version: "0.1.0",
        subcommands: [
            Train.self, Evaluate.self, Predict.self, DatasetCommand.self, Export.self,
            Report.self, Stop.self, BenchCommand.self, Doctor.self,
        ],
        defaultSubcommand: Train.self
    )

    /// The arguments of this launch, the paths among them with every byte.
    static var arguments: [String] {
        (1..<max(processshim_argument_count(), 1)).map { place in
            processshim_argument(place).map { String(pathPointer: $0) } ?? ""
        }
    }

    static func main() {
        StandardStreams.secure()
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch {
            let code = exitCode(for: error)
            // Help and completion scripts are answers, not errors.
            if code.isSuccess { World.answer(fullMessage(for: error)) }
            World.refuse(
                ForeignFlags.words(arguments) ?? Ending.usage(error),
                code: code.rawValue
            )
        }
    }
}
