import Files
import Foundation
import Images
import Reporting
import Training

/// The most confident right and wrong answers as one picture.
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
        let surest = SurestAnswers(findings, of: photos, most: AnswerSheet.columns)
        let (right, wrong) = (
            surest.right.map { AnswerSheet.entry($0, photos, classes, trained, isRight: true) },
            surest.wrong.map { AnswerSheet.entry($0, photos, classes, trained, isRight: false) }
        )
        sheet = PhotoSheet(
            title: "Most confident answers",
            sections: [
                .init(right.isEmpty ? "No photo was predicted correctly" : "Correct", right),
                .init(wrong.isEmpty ? "No photo was predicted wrongly" : "Wrong", wrong),
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
        lines.append(.init("predicted \(answer), \(confidence)", isRight ? .right : .wrong))
        if label < trained.count {
            lines.append(.init(Figures.count(trained[label], "training photo"), .faint))
        }
        return PhotoSheet.Entry(
            path: photos.path(outcome.photo),
            lines: lines,
            tone: isRight ? .right : .wrong
        )
    }
}

/// The most confident answers of a network.
struct SurestAnswers {
    /// Right ones, the surest first.
    let right: [PhotoOutcome]
    /// Wrong ones about landmarks that the network knows, the surest first.
    let wrong: [PhotoOutcome]

    /// Chooses at most `most` of either kind.
    init(_ findings: Evaluator.Findings, of photos: any Dataset, most: Int) {
        func surest(_ isRight: Bool) -> [PhotoOutcome] {
            let rows = findings.outcomes.filter {
                let label = photos.label($0.photo)
                return label >= 0 && ($0.best.first?.label == label) == isRight
            }
            let sorted = rows.sorted {
                let (a, b) = ($0.best.first?.confidence ?? 0, $1.best.first?.confidence ?? 0)
                return a != b ? a > b : $0.photo < $1.photo
            }
            return Array(sorted.prefix(most))
        }
        (right, wrong) = (surest(true), surest(false))
    }
}

extension AnswerGallery {
    /// Answers of either kind that are shown.
    private static let most = 5
    /// Longer side of a photo in pixels, and quality of its JPEG.
    private static let photo = (side: 224, quality: 84)

    /// Takes what was found about `photos` after `step` steps, with small copies of the photos.
    init(
        _ findings: Evaluator.Findings,
        of photos: any Dataset,
        _ classes: ClassIndex,
        _ trained: [Int],
        step: Int
    ) {
        func entry(_ outcome: PhotoOutcome) -> Entry? {
            guard let best = outcome.best.first else { return nil }
            let label = Int(photos.label(outcome.photo))
            return Entry(
                landmark: classes.names[label],
                answer: classes.names[Int(best.label)],
                confidence: Double(best.confidence),
                trained: label < trained.count ? trained[label] : nil,
                photo: AnswerGallery.small(photos.path(outcome.photo))
            )
        }
        let surest = SurestAnswers(findings, of: photos, most: AnswerGallery.most)
        self.init(
            step: step,
            right: surest.right.compactMap(entry),
            wrong: surest.wrong.compactMap(entry)
        )
    }

    /// A small copy of a photo as a JPEG; nil where it cannot be read.
    private static func small(_ path: String) -> Data? {
        let (side, quality) = photo
        guard let whole = try? decodePhoto(path: path, covering: (side, side)) else { return nil }
        let scale = min(Double(side) / Double(max(whole.width, whole.height, 1)), 1)
        let copy = whole.resized(
            width: max(Int((Double(whole.width) * scale).rounded()), 1),
            height: max(Int((Double(whole.height) * scale).rounded()), 1)
        )
        return (try? encodeJPEG(copy, quality: quality)).map { Data($0) }
    }
}
