import Files
import Foundation
import Images
import Reporting
import Training

/// Answers as the Google Landmark contests take them: a table `id,landmarks` with a row for each photo,
/// in which landmark and score are parted by a space; nothing where there is no answer.
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
            guard let best = outcome.best.first else { continue }
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
