import ArgumentParser
import CProcessShim
import Distributed
import Files
import Foundation
import Images
import Networks
import Reporting
import Tensors
import Training

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
            Train.self, Evaluate.self, Predict.self, Embed.self, Neighbours.self,
            GalleryCommand.self, Calibrate.self, DatasetCommand.self, Export.self,
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

/// How the program ends when something is wrong: one line, one exit code.
enum Ending {
    /// Stopped by a signal, with a checkpoint written.
    static let stopped: Int32 = 75
    /// A run that was asked to end goes on for longer than one wanted to wait.
    static let tooSoon: Int32 = 69
    /// Some of the photos asked about cannot be used.
    static let badData: Int32 = 65

    /// The exit code for an error, as in `sysexits.h`.
    static func code(_ error: any Error) -> Int32 {
        switch error {
        case let error as ReportingError: error.exitCode
        case is NetworksError: 64
        case let error as CocoaError where error.isFileError: 74
        default: TrainingError.exitCode(of: error)
        }
    }

    /// Writes a line to standard error; line breaks and control characters are escaped.
    static func say(_ line: String) {
        let text = Data("landmark-train: \(line.shown)\n".utf8)
        try? FileHandle.standardError.write(contentsOf: text)
    }

    /// Ends the process without a message.
    static func quit(_ code: Int32) -> Never {
        fflush(nil)
        exit(code)
    }

    /// Ends the process after so many seconds, in case MPI's finalization takes longer.
    static func leaveAnyway(after seconds: Double, _ code: Int32) {
        // Without a thread to watch it, finalization takes as long as it takes.
        _ = Shortage.tryThread("landmark-leaving") {
            Thread.sleep(forTimeInterval: seconds)
            _exit(code)
        }
    }

    /// What is wrong with the command line, on one line.
    static func usage(_ error: any Error) -> String {
        let text = LandmarkTrain.message(for: error)
        // A list of choices comes with each on a line of its own.
        let parts = text.split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }
        let choices = parts.filter { $0.hasPrefix("- ") }.map { String($0.dropFirst(2)) }
        let sentence = parts.filter { !$0.hasPrefix("- ") }.joined(separator: " ")
        let line = ([sentence] + [choices.joined(separator: ", ")]).filter { !$0.isEmpty }
            .joined(separator: " ")
        return "\(line.hasSuffix(".") ? String(line.dropLast()) : line); see landmark-train --help"
    }
}
