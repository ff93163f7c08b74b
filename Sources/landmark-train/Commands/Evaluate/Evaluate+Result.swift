import Files
import Images
import Networks
import Reporting
import Training

/// What is told in the end.
extension Evaluate {
    /// Writes what was asked for, and prints the result.
    func tell(
        _ findings: Evaluator.Findings,
        _ chosen: EvaluationPhotos,
        _ facts: LoadedNetwork.Facts,
        _ counts: [Int]
    ) throws {
        SkippedPhotos.tell(findings.skipped, rest: "landmark-train dataset check lists all")
        let known = chosen.judged.count
        var result = try self.result(findings.part(0..<known), chosen.judged, facts, counts)
        let reference = Figures.count(counts.reduce(0, +), "photo")
        switch classifier {
        case .head: break
        case .knn: result.classifier = "knn, \(Figures.grouped(voters)) of \(reference)"
        case .classMean: result.classifier = "class means of \(reference)"
        case .whitenedMean: result.classifier = "whitened means of \(reference)"
        }
        result.learned = chosen.learned
        let new = findings.part(known..<chosen.photos.count)
        if new.outcomes.contains(where: { chosen.added.label($0.photo) >= 0 }) {
            result.new = NewPhotosResult(try self.result(new, chosen.added, facts, counts))
        }
        if let predictions {
            try AnswerTable(findings, of: chosen.photos, facts.classes)
                .write(to: predictions, safely: spreadsheetSafe)
        }
        if let submission {
            let ids = (0..<chosen.photos.count).map { chosen.photos.id($0) }
            try Submission(findings, ids: ids, facts.classes).write(to: submission)
        }
        if let sheet {
            try AnswerSheet(findings, of: chosen.photos, facts.classes, counts).write(to: sheet)
        }
        if verbose {
            try StandardOutput.print(AnswerListing(findings, of: chosen.photos).lines)
        }
        if json {
            try StandardOutput.write(String(decoding: try result.jsonPage(), as: UTF8.self) + "\n")
        } else if !verbose {
            try StandardOutput.print(
                ResultText(
                    result,
                    source: source(chosen.source) + (result.classifier.map { "; \($0)" } ?? "")
                ).lines
            )
        }
    }

    private func result(
        _ findings: Evaluator.Findings,
        _ photos: any Dataset,
        _ facts: LoadedNetwork.Facts,
        _ counts: [Int]
    ) throws -> EvaluationResult {
        return try EvaluationResult(
            findings,
            of: photos,
            trainingCounts: counts.isEmpty ? facts.classes.ids.map { _ in 0 } : counts,
            model: facts.description.architecture.rawValue,
            checkpoint: facts.path,
            step: facts.step
        )
    }

    private func source(_ source: HeldSource) -> String {
        switch source {
        case .test: csv == nil ? "the folder's test photos" : "those of \(csv ?? "")"
        case .validation: "the folder's validation photos"
        case .split: "held out in training"
        case .all: "all of the folder"
        }
    }
}
