import Files
import Foundation
import Images
import Reporting
import Training

/// The surest right and wrong answers as one picture.
struct AnswerSheet {
    /// The sheet of a run's last evaluation, in its folder.
    static let name = "answers.jpg"
    private static let columns = 5

    private let sheet: PhotoSheet

    /// Draws what was found about `photos`.
    ///
    /// - Parameter trained: photos that each landmark was learned from; empty where not known.
    init(
        _ findings: Evaluator.Findings,
        of photos: any Dataset,
        _ classes: ClassIndex,
        _ trained: [Int]
    ) {
        func surest(_ isRight: Bool) -> [PhotoSheet.Entry] {
            let rows = findings.outcomes.filter {
                let label = photos.label($0.photo)
                return label >= 0 && ($0.best.first?.label == label) == isRight
            }
            let sorted = rows.sorted {
                let (a, b) = ($0.best.first?.confidence ?? 0, $1.best.first?.confidence ?? 0)
                return a != b ? a > b : $0.photo < $1.photo
            }
            return sorted.prefix(AnswerSheet.columns).map {
                AnswerSheet.entry($0, photos, classes, trained, isRight: isRight)
            }
        }
        let (right, wrong) = (surest(true), surest(false))
        sheet = PhotoSheet(
            title: "What the network was surest of",
            sections: [
                .init(right.isEmpty ? "No photo was named rightly" : "Right", right),
                .init(wrong.isEmpty ? "No photo was named wrongly" : "Wrong", wrong),
            ],
            columns: AnswerSheet.columns
        )
    }

    /// Writes the picture to `path` as a JPEG.
    func write(to path: String) throws {
        try OutputFile.write(Data(try sheet.jpeg()), to: path)
    }

    private static func entry(
        _ outcome: PhotoOutcome,
        _ photos: any Dataset,
        _ classes: ClassIndex,
        _ trained: [Int],
        isRight: Bool
    ) -> PhotoSheet.Entry {
        let label = Int(photos.label(outcome.photo))
        let confidence = Figures.percent(Double(outcome.best.first?.confidence ?? 0))
        let answer = outcome.best.first.map { classes.names[Int($0.label)] } ?? ""
        var lines = [PhotoSheet.Line(classes.names[label], .strong)]
        lines.append(.init("named \(answer), \(confidence)", isRight ? .right : .wrong))
        if label < trained.count {
            lines.append(.init("learned from \(Figures.grouped(trained[label])) photos", .faint))
        }
        return PhotoSheet.Entry(
            path: photos.path(outcome.photo),
            lines: lines,
            tone: isRight ? .right : .wrong
        )
    }
}
