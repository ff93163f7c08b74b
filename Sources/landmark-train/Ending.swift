import ArgumentParser
import Distributed
import Files
import Foundation
import Images
import Networks
import Reporting
import Tensors
import Training

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

    /// Writes a line to standard error; what would break it in two or upset a terminal is escaped.
    static func say(_ line: String) {
        let text = Data("landmark-train: \(line.shown)\n".utf8)
        try? FileHandle.standardError.write(contentsOf: text)
    }

    /// Leaves without further words.
    static func quit(_ code: Int32) -> Never {
        fflush(nil)
        exit(code)
    }

    /// Ends the process after so many seconds, should parting from the other ranks take longer.
    static func leaveAnyway(after seconds: Double, _ code: Int32) {
        // Without a thread to watch, parting takes as long as it takes.
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
