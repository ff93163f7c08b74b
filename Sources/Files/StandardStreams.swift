import Foundation

/// The three streams that every program expects to be open, and what may go wrong with them.
public enum StandardStreams {
    /// Makes sure that a stream which is closed, or closes later, harms nothing but what was meant for
    /// it; call this before anything opens a file.
    ///
    /// A pipe whose reader has ended and a file at its largest size (`ulimit -f`) end a program
    /// by a signal unless it asks for an error instead. And what a shell closed (`>&-`) leaves a
    /// number free which the next file would get, with all that is printed in it.
    public static func secure() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        for descriptor in STDIN_FILENO...STDERR_FILENO {
            guard fcntl(descriptor, F_GETFD) < 0, errno == EBADF else { continue }
            // The lowest free number is this one. Opened the other way round, each use of it is still
            // the error that it was: a result that goes nowhere is no success.
            let flags = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY
            if open("/dev/null", flags) < 0 { _ = open("/", O_RDONLY) }
        }
    }
}
