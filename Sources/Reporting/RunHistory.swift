import Files
public import Foundation
import Images
public import Training

/// What the files of a run folder tell of its course.
public struct RunHistory: Sendable, Equatable {
    /// Steps in their order, each once.
    public var steps: [StepRecord]
    /// Evaluations in their order, one for a step.
    public var evaluations: [EvaluationRecord]
    /// Photos that could not be read.
    public var skipped: [SkippedRow]
    /// What in the files was damaged and passed over, a sentence for each file.
    public var passedOver: [String]
    /// The evaluation of the test photos at the end; nil = there is none.
    public var test: EvaluationResult?
    /// How the run was launched and how it ended; nil = not known.
    public var status: RunStatus?
    /// When the last step was written down; nil = none was.
    public var lastWritten: Date?

    /// A photo that could not be read.
    public struct SkippedRow: Sendable, Equatable {
        /// Its file.
        public var path: String
        /// Why.
        public var reason: String

        /// Makes a row.
        public init(path: String, reason: String) {
            self.path = path
            self.reason = reason
        }
    }

    /// Reads the files of a run; one that is missing counts as empty.
    ///
    /// A last line that was cut off by a kill is passed over; of what is damaged otherwise,
    /// ``passedOver`` tells.
    public init(_ run: RunFolder) {
        let metrics = RecordFile<StepRecord>(run.metrics, fast: StepLine.record)
        let evaluated = RecordFile<EvaluationRecord>(run.evaluations)
        let skipped = SkippedFile(run.skipped)
        steps = RunHistory.ordered(metrics.records) { $0.step }
        evaluations = RunHistory.ordered(evaluated.records) { $0.step }
        self.skipped = skipped.rows
        var passedOver = [metrics.brokenLines, evaluated.brokenLines, skipped.brokenLines]
            .compactMap { $0 }
        do {
            status = try run.readStatus()
        } catch {
            passedOver.append("status.json is damaged and was passed over.")
        }
        if let text = try? Files.contents(of: run.path + "/test.json") {
            test = try? JSONDecoder().decode(EvaluationResult.self, from: text)
            if test == nil { passedOver.append("test.json is damaged and was passed over.") }
        }
        self.passedOver = passedOver
        lastWritten = steps.isEmpty ? nil : RunHistory.changed(run.metrics)
    }

    /// The evaluation that a run made last; nil = none.
    public static func lastEvaluation(of run: RunFolder) -> EvaluationRecord? {
        RecordFile<EvaluationRecord>(run.evaluations).records.last
    }

    /// The evaluation with the highest top-1 on the photos that all took, the earliest of equals.
    public var best: EvaluationRecord? {
        evaluations.reduce(nil as EvaluationRecord?) { best, next in
            guard let best else { return next }
            return next.comparableTop1 > best.comparableTop1 ? next : best
        }
    }

    /// When a file was written to last.
    private static func changed(_ path: String) -> Date? {
        var status = stat()
        guard path.withPathPointer({ stat($0, &status) }) == 0 else { return nil }
        return Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec))
    }

    /// That lines of a file are none of a run.
    static func broken(_ file: String, count: Int, first: Int) -> String {
        count == 1
            ? "Line \(Figures.grouped(first)) of \(file) is none that a run writes and was passed over."
            : "\(Figures.grouped(count)) lines of \(file), the first of them line "
                + "\(Figures.grouped(first)), are none that a run writes and were passed over."
    }

    /// In the order of steps; of several records of one step the last written stays.
    private static func ordered<T>(_ records: [T], _ step: (T) -> Int) -> [T] {
        if zip(records, records.dropFirst()).allSatisfy({ step($0) < step($1) }) { return records }
        var byStep: [Int: T] = [:]
        for record in records { byStep[step(record)] = record }
        return byStep.sorted { $0.key < $1.key }.map(\.value)
    }
}

/// The table of photos that could not be read.
private struct SkippedFile {
    var rows: [RunHistory.SkippedRow] = []
    /// A sentence about the lines that no run writes; nil = there are none.
    var brokenLines: String?

    /// Reads the file `path`; one that is missing is empty.
    init(_ path: String) {
        let csv = CSVReader([UInt8]((try? contents(of: path)) ?? Data()), name: path)
        var broken: [Int] = []
        do {
            // The first record names the columns.
            _ = try csv.next()
            while try csv.next() {
                let fields = csv.fields
                if fields.count >= 2 {
                    rows.append(.init(path: fields[0], reason: fields[1]))
                } else {
                    broken.append(csv.line)
                }
            }
        } catch {
            // A quote is open to the end.
            broken.append(csv.line + 1)
        }
        brokenLines = broken.first.map {
            RunHistory.broken("skipped.csv", count: broken.count, first: $0)
        }
    }
}
