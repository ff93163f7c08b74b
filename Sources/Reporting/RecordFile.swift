import Files
import Foundation
import Training

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
