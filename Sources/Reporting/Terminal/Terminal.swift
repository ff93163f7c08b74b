import Files
import Foundation

/// Where progress is written: lines, and on a screen one line that is written over.
public struct Terminal {
    /// Whether a person watches a screen.
    public let isScreen: Bool
    private let columns: () -> Int
    private let output: (String) -> Void

    /// Makes a terminal of its parts.
    ///
    /// - Parameters:
    ///   - columns: width of the screen at this moment.
    ///   - output: takes text as it is.
    public init(isScreen: Bool, columns: @escaping () -> Int, output: @escaping (String) -> Void) {
        self.isScreen = isScreen
        self.columns = columns
        self.output = output
    }

    /// Standard error.
    public static var standardError: Terminal {
        let isDumb = ProcessInfo.processInfo.environment["TERM"] == "dumb"
        return Terminal(
            isScreen: isatty(STDERR_FILENO) == 1 && !isDumb,
            columns: {
                var size = winsize()
                guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
                    return 80
                }
                return Int(size.ws_col)
            },
            output: { try? FileHandle.standardError.write(contentsOf: Data($0.utf8)) }
        )
    }

    /// Columns that a line which is written over may fill.
    public var width: Int { max(columns() - 1, 20) }

    /// Writes over the line at hand, its control characters escaped; does nothing where no person
    /// watches.
    public func replace(_ line: String) {
        guard isScreen else { return }
        output("\r\(line.shown)\u{1b}[K")
    }

    /// Writes a line that stays, its control characters escaped.
    public func print(_ line: String) {
        output(isScreen ? "\r\(line.shown)\u{1b}[K\n" : line.shown + "\n")
    }
}
