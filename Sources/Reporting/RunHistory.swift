import Files
import Foundation
public import Training

/// What the files of a run folder tell of its course.
public struct RunHistory: Sendable, Equatable {
    /// Steps in their order, each once.
    public var steps: [StepRecord]
    /// Evaluations in their order, one for a step.
    public var evaluations: [EvaluationRecord]
    /// Photos that could not be read.
    public var skipped: [SkippedRow]

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
    /// A last line that was cut off by a kill is passed over.
    public init(_ run: RunFolder) throws {
        steps = RunHistory.ordered(try RunHistory.lines(run.metrics)) { $0.step }
        evaluations = RunHistory.ordered(try RunHistory.lines(run.evaluations)) { $0.step }
        skipped = CommaSeparated.rows(RunHistory.contents(run.skipped)).dropFirst().compactMap {
            row in
            row.count >= 2 ? SkippedRow(path: row[0], reason: row[1]) : nil
        }
    }

    /// The evaluation with the highest top-1, the earliest of equals.
    public var best: EvaluationRecord? {
        evaluations.reduce(nil as EvaluationRecord?) { best, next in
            guard let best else { return next }
            return next.result.top1 > best.result.top1 ? next : best
        }
    }

    private static func contents(_ path: String) -> String {
        String(decoding: (try? Files.contents(of: path)) ?? Data(), as: UTF8.self)
    }

    private static func lines<T: Decodable>(_ path: String) throws -> [T] {
        let lines = contents(path).split(separator: "\n")
        let decoder = JSONDecoder()
        return try lines.enumerated().compactMap { number, line in
            do {
                return try decoder.decode(T.self, from: Data(line.utf8))
            } catch {
                guard number < lines.count - 1 else { return nil }
                throw ReportingError.data(
                    "\(path), line \(number + 1) is not a line that a run writes; "
                        + "remove the line and try again"
                )
            }
        }
    }

    /// In the order of steps; of several records of one step the last written stays.
    private static func ordered<T>(_ records: [T], _ step: (T) -> Int) -> [T] {
        var byStep: [Int: T] = [:]
        for record in records { byStep[step(record)] = record }
        return byStep.sorted { $0.key < $1.key }.map(\.value)
    }
}
