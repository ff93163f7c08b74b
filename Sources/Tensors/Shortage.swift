import CThreadShim
import Foundation

/// Out of memory or threads: the program ends.
///
/// A refusal can come anywhere, also in the middle of a collective operation, and nothing could handle it. So it is
/// not thrown: the process prints one line and exits.
public enum Shortage {
    /// The exit code, as in `sysexits.h`: the system cannot do it (`EX_OSERR`).
    public static let exitCode: Int32 = 71

    /// Memory of `count` bytes that begins at a multiple of `alignment`; ends the program where there is none.
    ///
    /// - Parameter alignment: a power of two, at least that of a pointer.
    /// - Returns: memory in an unknown state, given back by `free`.
    public static func memory(_ count: Int, alignment: Int = 64) -> UnsafeMutableRawPointer {
        var memory: UnsafeMutableRawPointer?
        guard posix_memalign(&memory, alignment, max(count, 1)) == 0, let memory else {
            end(
                "the system refuses \(amount(count)) of memory; use a smaller --batch or --image-size, "
                    + "or raise the limit (ulimit -v, the memory of the job)"
            )
        }
        return memory
    }

    /// Starts a thread that ends with `body`; ends the program where the system has none.
    ///
    /// - Parameters:
    ///   - name: at most 15 characters, for debuggers and `top`.
    ///   - stackSize: bytes.
    public static func startThread(
        _ name: String,
        stackSize: Int = 1 << 20,
        _ body: @escaping @Sendable () -> Void
    ) {
        let code = tryThread(name, stackSize: stackSize, body)
        guard code != 0 else { return }
        end(
            "the system refuses another thread (\(String(cString: strerror(code)))); give fewer --threads "
                + "or raise the limit (ulimit -u, the number of processes of the job)"
        )
    }

    /// Starts a thread that ends with `body`.
    ///
    /// - Returns: 0, or the system's number of why there is none.
    public static func tryThread(
        _ name: String,
        stackSize: Int = 1 << 20,
        _ body: @escaping @Sendable () -> Void
    ) -> Int32 {
        let work = Unmanaged.passRetained(Work(body))
        let code = threadshim_start(
            name,
            UInt(max(stackSize, 1 << 16)),
            { pointer in
                guard let pointer else { return }
                Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().body()
            },
            work.toOpaque()
        )
        if code != 0 { work.release() }
        return code
    }

    /// Says what is missing, in one line on standard error, and ends the process.
    ///
    /// Ranks that meet the same limit at the same time would all say so: the first speaks at once, and
    /// the others wait until the launcher, which ends them when one is gone, had time to.
    public static func end(_ message: String) -> Never {
        let variables = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"]
        let environment = ProcessInfo.processInfo.environment
        let rank = variables.lazy.compactMap { environment[$0].flatMap { Int($0) } }.first ?? 0
        if rank > 0 {
            var set = sigset_t()
            sigemptyset(&set)
            sigaddset(&set, SIGTERM)
            signal(SIGTERM, SIG_DFL)
            pthread_sigmask(SIG_UNBLOCK, &set, nil)
            usleep(UInt32(400_000 + 100_000 * min(rank, 6)))
        }
        let line = Array("landmark-train: rank \(rank): \(message)\n".utf8)
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        _exit(exitCode)
    }

    private static func amount(_ bytes: Int) -> String {
        bytes < 1 << 30 ? "\(max(bytes >> 20, 1)) MiB" : "\(bytes >> 30) GiB"
    }

    private final class Work {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
