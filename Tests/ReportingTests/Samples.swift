import Foundation
import Reporting
import Training

/// Made-up records of a run.
enum Samples {
    static func step(
        _ step: Int,
        of total: Int = 400,
        perEpoch: Int = 50,
        loss: Double = 1.5
    ) -> StepRecord {
        StepRecord(
            step: step,
            epoch: (step - 1) / perEpoch + 1,
            loss: loss,
            accuracy: 0.5,
            learningRate: 0.1,
            imagesPerSecond: 128,
            stepSeconds: 0.5,
            dataSeconds: 0.1,
            communicationSeconds: 0.05,
            totalSteps: total,
            stepsPerEpoch: perEpoch
        )
    }

    static func evaluation(step: Int, top1: Double, skipped: Int = 0) throws -> EvaluationRecord {
        let json = """
            {"images": 200, "correct": 100, "top1": \(top1), "top5": 0.9, "loss": 1.25, "gap": 0.5,
             "macro_accuracy": 0.4, "skipped": \(skipped), "unknown": 0, "model": "resnet18",
             "by_class_size": [{"min": 1, "max": 9, "classes": 3, "images": 12, "top1": 0.25}],
             "checkpoint": "step", "step": \(step), "epoch": \(step / 50), "seconds": 2}
            """
        return try JSONDecoder().decode(EvaluationRecord.self, from: Data(json.utf8))
    }

    /// A fresh folder for a test.
    static func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("reporting-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }
}
