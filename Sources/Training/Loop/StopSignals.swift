import Foundation
import Synchronization

/// Turns SIGTERM, SIGINT and SIGUSR1 into a wish that the loop reads between steps.
///
/// The signals are blocked for every thread and taken by one that waits for them, so nothing runs
/// in a signal handler.
public final class StopSignals: Sendable {
    private let received = Atomic<Int32>(0)

    /// Blocks the signals and starts to wait; call this before other threads are started, which
    /// inherit the blocking.
    public init() {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGUSR1] { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        let signals = set
        let thread = Thread { [weak self] in
            var set = signals
            var signal: Int32 = 0
            while sigwait(&set, &signal) == 0 {
                guard let self else { return }
                // A second Ctrl-C is a person who does not want to wait.
                if signal == SIGINT, received.load(ordering: .relaxed) == SIGINT { exit(130) }
                received.store(signal, ordering: .relaxed)
            }
        }
        thread.name = "landmark-signals"
        thread.start()
    }

    /// The signal that came, 0 for none.
    public var signal: Int32 { received.load(ordering: .relaxed) }

    /// Notes a wish to stop as if `signal` had come.
    public func request(_ signal: Int32) { received.store(signal, ordering: .relaxed) }

    /// The usual name of a signal that is waited for.
    public static func name(_ signal: Int32) -> String {
        switch signal {
        case SIGTERM: "SIGTERM"
        case SIGINT: "SIGINT"
        case SIGUSR1: "SIGUSR1"
        default: "signal \(signal)"
        }
    }
}
