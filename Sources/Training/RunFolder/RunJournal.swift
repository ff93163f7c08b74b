import Files
import Foundation
import Images

/// The lines that a run writes while it goes on: steps, evaluations, unreadable photos.
///
/// A journal opened for a resumed run drops what was written after the step that is resumed, so
/// that the files read as if the run had never been interrupted.
final class RunJournal {
    /// What was wrong with the files, and how many lines went, in sentences.
    let remarks: [String]
    private let metrics: LineFile
    private let evaluations: LineFile
    private let skipped: LineFile
    private var known: Set<String>

    /// Opens the files of `run` as they were after `step`.
    ///
    /// - Parameter evaluated: whether the evaluation of that very step counts; otherwise it is made
    ///   again.
    init(_ run: RunFolder, step: Int, evaluated: Bool) throws {
        func judge(
            _ line: UnsafeRawBufferPointer,
            _ isKept: (Int) -> Bool
        ) -> LineFile.Verdict {
            guard let step = RunJournal.step(line) else { return .setAside }
            return isKept(step) ? .keep : .drop
        }
        metrics = try LineFile(run.metrics) { judge($0) { $0 <= step } }
        evaluations = try LineFile(run.evaluations) {
            judge($0) { $0 < step || $0 == step && evaluated }
        }
        var rows: [String] = []
        skipped = try LineFile(run.skipped) { line in
            rows.append(String(decoding: line, as: UTF8.self))
            return .keep
        }
        known = Set(rows.dropFirst())
        if rows.isEmpty { try skipped.append(Data("path,reason".utf8)) }
        var remarks = [metrics, evaluations, skipped].flatMap(\.remarks)
        if metrics.dropped > 0 {
            remarks.append(
                "\(run.metrics): the lines of \(metrics.dropped) steps after step \(step) are gone; "
                    + "those steps are computed again"
            )
        }
        self.remarks = remarks
    }

    /// The step that a line is about; nil where it is none that a run writes.
    private static func step(_ line: UnsafeRawBufferPointer) -> Int? {
        struct Mark: Decodable { let step: Int }
        if let step = flatStep(line) { return step }
        return try? JSONDecoder().decode(Mark.self, from: Data(line)).step
    }

    /// The step of a line as runs write them about steps, of which there may be millions: one object
    /// without others inside, with the field among the last; nil for all other lines.
    private static func flatStep(_ line: UnsafeRawBufferPointer) -> Int? {
        let count = line.count
        guard count > 16, let base = line.baseAddress, line[0] == 0x7B,
            memchr(base + 1, 0x7B, count - 1) == nil,
            memchr(base, 0x7D, count).map({ UnsafeRawPointer($0) - base }) == count - 1
        else { return nil }
        let key = StaticString("\"step\":")
        for place in stride(from: count - 10, through: max(0, count - 80), by: -1)
        where memcmp(base + place, key.utf8Start, key.utf8CodeUnitCount) == 0 {
            let digits = line[(place + key.utf8CodeUnitCount)...].prefix { 0x30...0x39 ~= $0 }
            return Int(String(decoding: digits, as: UTF8.self))
        }
        return nil
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

    /// A field of comma-separated values on one line.
    private static func field(_ text: String) -> String {
        let line = text.replacing("\r\n", with: " ").replacing("\n", with: " ")
            .replacing("\r", with: " ")
        return CommaSeparated.field(line)
    }
}
