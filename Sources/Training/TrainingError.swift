import Distributed
import Files
import Foundation
import Images
import Networks
import TensorFiles
import Tensors

/// What can go wrong with a run, for reasons outside the program.
public enum TrainingError: Error, CustomStringConvertible, Sendable, Equatable {
    /// A flag or a combination of flags that cannot work.
    case usage(String)
    /// A configuration file that cannot be used.
    case configuration(String)
    /// Photos or labels that cannot be trained on.
    case data(String)
    /// A checkpoint that is damaged or does not fit.
    case checkpoint(String)
    /// A file or folder that cannot be read or written.
    case files(String)
    /// A run folder that another process writes in.
    case owned(String)
    /// The numbers left the finite range.
    case diverged(String)
    /// Memory that the system does not have.
    case memory(String)
    /// What another rank reported; `code` is its exit code.
    case rank(Int, code: Int32, String)

    /// The message, on one line.
    public var description: String {
        switch self {
        case .usage(let message), .configuration(let message), .data(let message),
            .checkpoint(let message), .files(let message), .owned(let message),
            .diverged(let message), .memory(let message):
            message
        case .rank(_, _, let message): message
        }
    }

    /// The exit code of a program that ends with this error, as in `sysexits.h`.
    public var exitCode: Int32 {
        switch self {
        case .usage, .configuration: 64
        case .data, .checkpoint: 65
        case .diverged: 70
        case .memory: Shortage.exitCode
        case .owned: 73
        case .files: 74
        case .rank(_, let code, _): code
        }
    }

    /// The exit code of a program that ends with `error`, of this or a lower target.
    public static func exitCode(of error: any Error) -> Int32 {
        switch error {
        case let error as TrainingError: error.exitCode
        case let error as ImagesError: error.exitCode
        case is PhotoError, is NetworksError: 65
        case is FileError: FileError.exitCode
        case is TensorFileError: TensorFileError.exitCode
        case is CocoaError: 74
        default: 70
        }
    }

    /// The numbers of a run left the finite range.
    static func diverged(atStep step: Int) -> TrainingError {
        .diverged(
            "the numbers grew beyond bounds at step \(step); lower --learning-rate or set --clip 1, "
                + "and go on from the last checkpoint, which is not affected, or train anew"
        )
    }
}
