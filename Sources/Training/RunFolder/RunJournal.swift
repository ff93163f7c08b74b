import Foundation
import Images

/// The lines that a run writes while it goes on: steps, evaluations, unreadable photos.
///
/// A journal opened for a resumed run cuts off what was written after the step that is resumed, so
/// that the files read as if the run had never been interrupted.
final class RunJournal {
    private let metrics: LineFile
    private let evaluations: LineFile
    private let skipped: LineFile
    private var known: Set<String>

    /// Opens the files of `run`, cut after `step`.
    init(_ run: RunFolder, step: Int) throws {
        struct Mark: Decodable { let step: Int }
        func isKept(_ line: Data) -> Bool {
            guard let mark = try? JSONDecoder().decode(Mark.self, from: line) else { return false }
            return mark.step <= step
        }
        metrics = try LineFile(run.metrics, keeping: isKept)
        evaluations = try LineFile(run.evaluations, keeping: isKept)
        var rows: [Data] = []
        skipped = try LineFile(run.skipped) { line in
            rows.append(line)
            return true
        }
        known = Set(rows.dropFirst().map { String(decoding: $0, as: UTF8.self) })
        if rows.isEmpty { try skipped.append(Data("path,reason".utf8)) }
    }

    /// Writes a line for a step.
    func append(_ record: StepRecord) throws { try metrics.append(record.jsonLine()) }

    /// Writes a line for an evaluation.
    func append(_ record: EvaluationRecord) throws { try evaluations.append(record.jsonLine()) }

    /// Writes a line for a photo that could not be read, unless it has one.
    func append(_ photo: SkippedPhoto) throws {
        let row = RunJournal.field(photo.path) + "," + RunJournal.field(photo.reason)
        guard known.insert(row).inserted else { return }
        try skipped.append(Data(row.utf8))
    }

    /// Puts all lines on the disk.
    func sync() throws {
        for file in [metrics, evaluations, skipped] { try file.sync() }
    }

    /// A field of comma-separated values on one line, quoted where it has to be.
    private static func field(_ text: String) -> String {
        let line = text.replacing("\r\n", with: " ").replacing("\n", with: " ")
            .replacing("\r", with: " ")
        guard line.contains(where: { $0 == "," || $0 == "\"" }) else { return line }
        return "\"" + line.replacing("\"", with: "\"\"") + "\""
    }
}
