/// A file that holds no tensors that can be read here.
public struct TensorFileError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The exit code of a program that ends with this error, as in `sysexits.h`: bad data.
    public static let exitCode: Int32 = 65

    /// The message, on one line: which file, what is wrong with it, what to do.
    public let description: String

    init(_ description: String) { self.description = description }
}
