import Foundation
public import Tensors

/// Turns the signals that ask a program to end into a stop request that the loop and the passes of a step heed.
///
/// Open MPI announces the end: `mpirun` that is interrupted sends its ranks SIGCONT, SIGTERM one grace later
/// and SIGKILL after another. Under it SIGCONT is a warning, on which the state is kept and the run goes on.
///
/// They are SIGTERM and SIGINT, SIGUSR1 and SIGUSR2 (which batch systems send before the time is up, and
/// `mpirun` passes on), SIGXCPU, and SIGHUP unless the program was started with it ignored, as `nohup`
/// does. They are taken by one thread that waits for them. Threads started later inherit that they
/// are blocked; libraries may have started others before, when they were loaded, and a signal
/// that reaches one of those is sent on until it reaches the thread that waits.
public final class StopSignals: Sendable {
    /// The request to end the run, and nothing else.
    public let stop = Interruption()
    /// The same, and the request to keep the state because an end may be near, whose reason is `warning`.
    public let leave = Interruption()

    /// The signal by which Open MPI announces others.
    static let warning = SIGCONT

    /// Stands for `landmark-train stop` where a signal's number is expected; above those of all signals.
    public static let asked: Int32 = 128

    /// Blocks the signals and starts to wait; call this before other threads are started, which
    /// inherit the blocking.
    public init() {
        var set = sigset_t()
        sigemptyset(&set)
        let isLaunched = ProcessInfo.processInfo.environment["OMPI_COMM_WORLD_SIZE"] != nil
        let numbers = [SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGXCPU, SIGHUP]
        for number in numbers + (isLaunched ? [StopSignals.warning] : []) {
            let wasIgnored = sendOn(number)
            if number == SIGHUP, wasIgnored {
                Foundation.signal(number, SIG_IGN)
            } else {
                sigaddset(&set, number)
            }
        }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        let signals = set
        let (stop, leave) = (stop, leave)
        Shortage.startThread("landmark-signal") {
            var set = signals
            var number: Int32 = 0
            while sigwait(&set, &number) == 0 {
                guard number != StopSignals.warning else {
                    leave.requestFirst(number)
                    continue
                }
                // A second Ctrl-C is a person who does not want to wait.
                if number == SIGINT, stop.reason == SIGINT { exit(130) }
                stop.request(number)
                leave.request(number)
            }
        }
    }

    /// The signal that came, 0 for none.
    public var signal: Int32 { stop.reason }

    /// Notes a stop request as if `signal` had come.
    public func request(_ signal: Int32) {
        guard signal != StopSignals.warning else { return leave.requestFirst(signal) }
        stop.request(signal)
        leave.request(signal)
    }

    /// The usual name of what ended a run.
    public static func name(_ signal: Int32) -> String {
        switch signal {
        case SIGTERM: "SIGTERM"
        case SIGINT: "SIGINT"
        case SIGUSR1: "SIGUSR1"
        case SIGUSR2: "SIGUSR2"
        case SIGXCPU: "SIGXCPU"
        case SIGHUP: "SIGHUP"
        case asked: "landmark-train stop"
        default: "signal \(signal)"
        }
    }
}

/// Lets any thread that a signal interrupts send it to the process again.
///
/// While the handler runs its own thread does not take the signal, so another gets it.
///
/// - Returns: whether the signal was ignored before.
private func sendOn(_ number: Int32) -> Bool {
    let before = signal(number) { _ = kill(getpid(), $0) }
    return unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
}
