import Files
import Foundation
import Images
import Reporting
import Training

/// What a network answered about each photo, as a table of comma-separated values.
struct AnswerTable {
    /// The table of a run's last evaluation, in its folder.
    static let name = "predictions.csv"
    private static let header =
        "id,landmark_id,name,predicted_id,predicted_name,confidence,correct"

    /// The answer about one photo.
    struct Row: Equatable {
        var id: String
        /// What the user's files call the landmark; nil where the network never learned it.
        var landmark: String?
        var name: String
        var predicted: String
        var predictedName: String
        var confidence: String
        var isCorrect: Bool
    }

    let rows: [Row]

    /// Puts together what was found about `photos`.
    init(_ findings: Evaluator.Findings, of photos: any Dataset, _ classes: ClassIndex) {
        rows = findings.outcomes.compactMap { outcome in
            guard let best = outcome.best.first else { return nil }
            let label = photos.label(outcome.photo)
            return Row(
                id: photos.id(outcome.photo),
                landmark: label >= 0 ? "\(classes.landmarkID(Int(label)))" : nil,
                name: label >= 0 ? classes.names[Int(label)] : "",
                predicted: "\(classes.landmarkID(Int(best.label)))",
                predictedName: classes.names[Int(best.label)],
                confidence: Figures.fixed(Double(best.confidence), 6),
                isCorrect: label == best.label
            )
        }
    }

    /// Reads a table that was written before.
    init(reading path: String) throws {
        let csv = CSVReader([UInt8](try contents(of: path) ?? Data()), name: path)
        var rows: [Row] = []
        _ = try csv.next()
        while try csv.next() {
            let fields = csv.fields
            guard fields.count == 7, !fields[3].isEmpty else {
                throw ReportingError.data("\(path) is no table of predictions; remove it")
            }
            rows.append(
                Row(
                    id: fields[0],
                    landmark: fields[1].isEmpty ? nil : fields[1],
                    name: fields[2],
                    predicted: fields[3],
                    predictedName: fields[4],
                    confidence: fields[5],
                    isCorrect: fields[6] == "true"
                )
            )
        }
        self.rows = rows
    }

    /// Writes the table to `path`.
    ///
    /// - Parameter safely: make names harmless that a spreadsheet would take for formulas.
    func write(to path: String, safely: Bool = false) throws {
        var text = AnswerTable.header + "\n"
        for row in rows {
            text += CommaSeparated.line(
                [
                    row.id, row.landmark ?? "", row.name, row.predicted,
                    row.predictedName, row.confidence, row.isCorrect ? "true" : "false",
                ],
                safely: safely
            )
        }
        try OutputFile.write(Data(text.utf8), to: path)
    }

    /// The landmarks that are named wrongly most, the worst first, at most `count`.
    func hardest(_ count: Int, names: ClassIndex, trained: [Int]) -> [LandmarkRow] {
        var images = [Int](repeating: 0, count: names.count)
        var correct = images
        var mistakes = [[String: Int]](repeating: [:], count: names.count)
        // By name: earlier tables number class folders.
        let labels = Dictionary(
            zip(names.names, names.names.indices),
            uniquingKeysWith: { first, _ in first }
        )
        for row in rows {
            let id = row.landmark.flatMap(Int64.init).flatMap(names.label(of:))
            guard let label = id.map(Int.init) ?? labels[row.name] else { continue }
            images[label] += 1
            if row.isCorrect {
                correct[label] += 1
            } else {
                mistakes[label][row.predictedName, default: 0] += 1
            }
        }
        let wrong = images.indices.filter { correct[$0] < images[$0] }.sorted {
            let a = Double(correct[$0]) / Double(images[$0])
            let b = Double(correct[$1]) / Double(images[$1])
            return (a, -images[$0], $0) < (b, -images[$1], $1)
        }
        return wrong.prefix(count).map { label in
            LandmarkRow(
                name: names.names[label],
                trained: label < trained.count ? trained[label] : 0,
                images: images[label],
                correct: correct[label],
                takenFor: mistakes[label].max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
            )
        }
    }

    /// Which landmark was taken for which, landmarks in the order of their names; photos of landmarks
    /// that were never learned are left out.
    func confusion() -> Confusion {
        var names: [String: String] = [:]
        let pairs = rows.compactMap { row -> (truth: String, answer: String)? in
            guard let landmark = row.landmark else { return nil }
            let (truth, answer) = ("\(landmark)", "\(row.predicted)")
            names[truth] = row.name
            names[answer] = row.predictedName
            return (truth, answer)
        }
        let sorted = names.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        let places = Dictionary(
            sorted.enumerated().map { ($1.key, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        return Confusion(
            names: sorted.map(\.value),
            answers: pairs.compactMap { pair in
                guard let truth = places[pair.truth], let answer = places[pair.answer] else {
                    return nil
                }
                return Confusion.Answer(truth: truth, answer: answer)
            }
        )
    }
}

/// Answers as the Google Landmark contests take them: a table `id,landmarks` with a row for each photo,
/// in which landmark and score are parted by a space; nothing where there is no answer or no known landmark.
struct Submission {
    private let rows: [(id: String, answer: String)]
    /// Whether names of class folders have spaces, so that only the last one parts name and score.
    private let hasSpaces: Bool

    /// Puts together what was found about photos.
    ///
    /// - Parameter ids: what each photo is called in the table.
    init(_ findings: Evaluator.Findings, ids: [String], _ classes: ClassIndex) {
        var rows = ids.map { (id: $0, answer: "") }
        var hasSpaces = false
        for outcome in findings.outcomes {
            guard let best = outcome.named else { continue }
            let landmark = "\(classes.landmarkID(Int(best.label)))"
            hasSpaces = hasSpaces || landmark.contains(" ")
            rows[outcome.photo].answer =
                "\(landmark) \(Figures.fixed(Double(best.confidence), 8))"
        }
        self.rows = rows
        self.hasSpaces = hasSpaces
    }

    /// The ids of photos of which only the paths are known: their names without folder and ending, as
    /// contests have it.
    ///
    /// Where several photos have one name, their ids are the paths.
    static func ids(ofPaths paths: [String]) -> [String] {
        let names = paths.map { path in
            let name = Path.name(of: path)
            let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) ?? name.endIndex
            return dot > name.startIndex ? String(name[..<dot]) : name
        }
        var counts: [String: Int] = [:]
        for name in names { counts[name, default: 0] += 1 }
        return zip(names, paths).map { counts[$0] == 1 ? $0 : $1 }
    }

    /// Writes the table; that names have spaces is said.
    func write(to path: String) throws {
        var text = "id,landmarks\n"
        for row in rows { text += CommaSeparated.line([row.id, row.answer]) }
        try OutputFile.write(Data(text.utf8), to: path)
        guard hasSpaces else { return }
        Ending.say("names in \(path) have spaces: the score is what follows the last one")
    }
}
