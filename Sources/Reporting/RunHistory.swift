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
            passedOver.append("status.json is damaged and was skipped.")
        }
        if let text = try? Files.contents(of: run.path + "/test.json") {
            test = try? JSONDecoder().decode(EvaluationResult.self, from: text)
            if test == nil { passedOver.append("test.json is damaged and was skipped.") }
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
            ? "Line \(Figures.grouped(first)) of \(file) could not be read and was skipped."
            : "\(Figures.grouped(count)) lines of \(file), the first of them line "
                + "\(Figures.grouped(first)), could not be read and were skipped."
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

/// A file of JSON objects, one a line.
struct RecordFile<Record: Decodable> {
    /// The lines that could be read, in their order.
    private(set) var records: [Record] = []
    /// Those that could not; a last one without an end was cut off by a kill and is not counted.
    private var broken: (count: Int, first: Int)?
    private let name: String

    /// A sentence about the lines that could not be read; nil = there are none.
    var brokenLines: String? {
        broken.map { RunHistory.broken(name, count: $0.count, first: $0.first) }
    }

    /// Reads the file `path`; one that is missing is empty.
    ///
    /// - Parameter fast: reads the lines that a run usually writes; nil from it = ask `JSONDecoder`.
    init(_ path: String, fast: (UnsafeBufferPointer<UInt8>) -> Record? = { _ in nil }) {
        // A zero at the end stops whatever reads numbers.
        let text = ((try? contents(of: path)) ?? Data()) + [0]
        let decoder = JSONDecoder()
        name = Path.name(of: path)
        text.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
            let all = bytes.bindMemory(to: UInt8.self)
            let end = all.count - 1
            var begin = 0
            var number = 0
            while begin < end {
                number += 1
                let stop = all[begin..<end].firstIndex(of: UInt8(ascii: "\n"))
                let line = UnsafeBufferPointer(rebasing: all[begin..<(stop ?? end)])
                begin = (stop ?? end) + 1
                if line.isEmpty { continue }
                let record = fast(line) ?? (try? decoder.decode(Record.self, from: Data(line)))
                if let record {
                    records.append(record)
                } else if stop != nil {
                    broken = ((broken?.count ?? 0) + 1, broken?.first ?? number)
                }
            }
        }
    }
}

/// Reads a line of `metrics.jsonl` about ten times as fast as a general decoder: a run may have
/// millions of them.
enum StepLine {
    /// The record in an object of numbers; nil where the line holds anything else, which is then
    /// another's to judge.
    static func record(_ line: UnsafeBufferPointer<UInt8>) -> StepRecord? {
        guard let base = line.baseAddress, line.first == UInt8(ascii: "{"),
            line.last == UInt8(ascii: "}")
        else { return nil }
        var values = [Double](repeating: .nan, count: names.count)
        var found = 0
        var place = 1
        while place < line.count {
            guard line[place] == UInt8(ascii: "\""),
                let quote = line[(place + 1)...].firstIndex(of: UInt8(ascii: "\"")),
                quote + 2 < line.count, line[quote + 1] == UInt8(ascii: ":"),
                let index = index(of: line[(place + 1)..<quote])
            else { return nil }
            let start = quote + 2
            guard isNumber(line[start]) else { return nil }
            var end: UnsafeMutablePointer<CChar>?
            let text = UnsafeRawPointer(base + start).assumingMemoryBound(to: CChar.self)
            values[index] = strtod(text, &end)
            guard let end else { return nil }
            found |= 1 << index
            place = start + (UnsafePointer(end) - text)
            guard place < line.count else { return nil }
            if line[place] == UInt8(ascii: "}") { break }
            guard line[place] == UInt8(ascii: ",") else { return nil }
            place += 1
        }
        guard place == line.count - 1, found == 1 << names.count - 1,
            let step = Int(exactly: values[7]), let epoch = Int(exactly: values[3])
        else { return nil }
        return StepRecord(
            step: step,
            epoch: epoch,
            loss: values[6],
            accuracy: values[0],
            learningRate: values[5],
            imagesPerSecond: values[4],
            stepSeconds: values[8],
            dataSeconds: values[2],
            communicationSeconds: values[1]
        )
    }

    /// The fields of a line, sorted as a run writes them.
    private static let names = [
        "accuracy", "communication_seconds", "data_seconds", "epoch", "images_per_second",
        "learning_rate", "loss", "step", "step_seconds",
    ].map { Array($0.utf8) }

    private static func index(of name: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        names.firstIndex { $0.elementsEqual(name) }
    }

    private static func isNumber(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

/// What can go wrong with reports.
public enum ReportingError: Error, CustomStringConvertible, Sendable, Equatable {
    /// A file that cannot be read or written.
    case files(String)
    /// A file of a run that holds something else than it should.
    case data(String)

    /// The message, on one line.
    public var description: String {
        switch self {
        case .files(let message), .data(let message): message
        }
    }

    /// The exit code of a program that ends with this error, as in `sysexits.h`.
    public var exitCode: Int32 {
        switch self {
        case .data: 65
        case .files: 74
        }
    }
}
