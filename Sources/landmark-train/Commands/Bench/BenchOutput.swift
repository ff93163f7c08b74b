import ArgumentParser
import Foundation
import Reporting
import Tensors
import Training

/// How a benchmark's figures are printed.
struct BenchOutput: ParsableArguments {
    @Flag(help: "Print one JSON object instead of a table.")
    var json = false

    /// Refuses a number below 1.
    static func require(_ number: Int, _ flag: String) throws {
        guard number >= 1 else {
            throw TrainingError.usage("\(flag) is \(number); give at least 1")
        }
    }

    /// Prints `result` as JSON, or `lines`.
    func print(_ result: some Encodable, _ lines: () -> [String]) throws {
        guard json else { return lines().forEach { Swift.print($0) } }
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys]
        Swift.print(String(decoding: try encoder.encode(result), as: UTF8.self))
    }
}

extension Timing {
    /// Minimum, median and maximum as cells of a table, each multiplied by `factor`.
    func cells(times factor: Double = 1, decimals: Int) -> [String] {
        [minimum, median, maximum].map { Figures.fixed($0 * factor, decimals) }
    }
}
