import Files
import Foundation
public import Training

/// A trace of where the time of rank 0 goes, for Perfetto and chrome://tracing.
///
/// The array of events stays open, which both read, so that a run that is killed leaves a whole
/// trace. Within a step, waiting for photos comes first; the time given to other ranks is the sum
/// over the step, drawn at its end.
public final class TraceFile {
    private let file: AppendedFile
    private let now: () -> Double
    private let start: Double
    private var isEmpty = true

    /// Begins the trace `path`.
    ///
    /// - Parameters:
    ///   - now: the time in seconds.
    ///   - complain: told once where the file cannot be written.
    public init(
        _ path: String,
        now: @escaping () -> Double = WallClock.time,
        complain: @escaping (String) -> Void
    ) {
        self.now = now
        start = now()
        file = AppendedFile(path, complain: complain)
    }

    /// Whether all that was recorded is in the file.
    public var isWhole: Bool { file.isWhole }

    /// Adds what the event tells.
    public func record(_ event: TrainingEvent) {
        let end = now() - start
        switch event {
        case .step(let step):
            let begin = end - step.stepSeconds
            let computing = step.stepSeconds - step.dataSeconds - step.communicationSeconds
            span("step \(step.step)", begin, step.stepSeconds, lane: 0)
            span("wait for photos", begin, step.dataSeconds, lane: 1)
            span("compute", begin + step.dataSeconds, computing, lane: 1)
            span("exchange", end - step.communicationSeconds, step.communicationSeconds, lane: 1)
        case .evaluating, .remark: break
        case .evaluation(let record):
            span("evaluate", end - record.seconds, record.seconds, lane: 0)
        case .checkpoint(_, let step): span("checkpoint of step \(step)", end, 0, lane: 2)
        case .photoSkipped(let path, _): span("unreadable photo \(path)", end, 0, lane: 2)
        }
    }

    private func span(_ name: String, _ begin: Double, _ seconds: Double, lane: Int) {
        let entry = Entry(
            name: name,
            ts: (max(begin, 0) * 1e6).rounded(),
            dur: (max(seconds, 0) * 1e6).rounded(),
            tid: lane
        )
        guard let line = try? entry.jsonLine() else { return }
        file.append(Data((isEmpty ? "[\n" : ",\n").utf8) + line)
        isEmpty = false
    }

    private struct Entry: Encodable {
        var name: String
        var ph = "X"
        var ts: Double
        var dur: Double
        var pid = 0
        var tid: Int
    }
}

/// A file that grows while a run goes on.
///
/// Reports must never end a run: the first failure is told once and the file is left as it is.
final class AppendedFile {
    private let path: String
    private let complain: (String) -> Void
    private var handle: FileHandle?
    /// Whether all that was to be written is.
    private(set) var isWhole = true

    /// Makes the file `path` anew.
    init(_ path: String, complain: @escaping (String) -> Void) {
        self.path = path
        self.complain = complain
        let descriptor = openFile(path, O_WRONLY | O_CREAT | O_TRUNC)
        if descriptor >= 0 {
            handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        } else {
            isWhole = false
            complain("cannot write \(path): the run goes on without it")
        }
    }

    /// Adds `data` at the end.
    func append(_ data: Data) {
        guard let handle else { return }
        do {
            try handle.write(contentsOf: data)
        } catch {
            self.handle = nil
            isWhole = false
            complain("cannot go on writing \(path): the run goes on without it")
        }
    }
}

/// The clocks that reports read; tests give their own.
public enum WallClock {
    /// Seconds since 1970.
    public static func time() -> Double { Date().timeIntervalSince1970 }

    /// Seconds from some start, never set back.
    public static func uptime() -> Double { ProcessInfo.processInfo.systemUptime }
}
