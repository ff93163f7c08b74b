import Distributed
import Files
import Foundation
import Images
import Networks
import Tensors
import TestSupport
import Testing
import Training

struct EvaluationTests {
    /// Labels without photos.
    private struct Labels: Dataset {
        let labels: [Int32]
        let classes = ClassIndex(fitting: [10, 20, 30, 40])
        var count: Int { labels.count }
        var countsPerClass: [Int] { [] }
        func id(_ index: Int) -> String { "p\(index)" }
        func path(_ index: Int) -> String { id(index) }
        func label(_ index: Int) -> Int32 { labels[index] }
    }

    /// What a contest's table says of photos.
    private struct Truth: Dataset {
        let shown: [[Int32]]
        let uses: [String]
        let classes = ClassIndex(fitting: [10, 20, 30, 40])
        var labels: [Int32] { shown.map { $0.first { $0 >= 0 } ?? -1 } }
        var count: Int { shown.count }
        var countsPerClass: [Int] { [] }
        func id(_ index: Int) -> String { "p\(index)" }
        func path(_ index: Int) -> String { id(index) }
        func label(_ index: Int) -> Int32 { labels[index] }
        func landmarks(_ index: Int) -> [Int32] { shown[index] }
        func usage(_ index: Int) -> String? { uses[index] }
    }

    private func result(
        _ labels: [Int32],
        _ outcomes: [PhotoOutcome],
        skipped: Int = 0
    ) throws -> EvaluationResult {
        try EvaluationResult(
            Evaluator.Findings(
                outcomes: outcomes,
                skipped: Array(repeating: SkippedPhoto(path: "p", reason: "r"), count: skipped)
            ),
            of: Labels(labels: labels),
            trainingCounts: [3, 5, 8, 700],
            model: "small",
            checkpoint: "c",
            step: 9
        )
    }

    private func outcome(_ photo: Int, _ answer: [Int32], _ sure: Float, _ loss: Float)
        -> PhotoOutcome
    {
        PhotoOutcome(
            photo: photo,
            loss: loss,
            best: answer.enumerated().map {
                .init(label: $1, confidence: sure / Float($0 + 1))
            }
        )
    }

    @Test func figuresAreThoseOfTheirDefinitions() throws {
        // Photo 3 could not be read, photo 4 shows a landmark that was never learned.
        let result = try result(
            [0, 0, 1, 2, -1, 3],
            [
                outcome(0, [0, 1, 2, 3], 0.9, 0.1), outcome(1, [2, 0, 1, 3], 0.8, 1.5),
                outcome(2, [1, 0, 2, 3], 0.7, 0.4), outcome(4, [3, 0, 1, 2], 0.6, .nan),
                outcome(5, [3, 2, 1, 0], 0.5, 0.6),
            ],
            skipped: 1
        )
        #expect(result.images == 4 && result.correct == 3)
        #expect(result.top1 == 0.75 && result.top5 == 1)
        #expect(abs(result.loss - 0.65) < 1e-6)
        #expect(abs(result.macroAccuracy - 2.5 / 3) < 1e-12)
        #expect(result.skipped == 1 && result.unknown == 1)
        // Ranks: right, wrong, right, never learned, right; all six photos show a landmark.
        #expect(abs(result.gap - (1 + 2.0 / 3 + 3.0 / 5) / 6) < 1e-12)
        #expect(result.nonLandmark == nil && result.byUsage == nil)
        #expect(
            result.byClassSize == [
                ClassSizeResult(min: 1, max: 5, classes: 2, images: 3, top1: 2.0 / 3),
                ClassSizeResult(min: 501, max: 1000, classes: 1, images: 1, top1: 1),
            ]
        )
    }

    @Test func photosSaidToShowNoneHaveNoAnswerInGAP() throws {
        let photos = Truth(shown: [[0], [1], [], [3]], uses: ["a", "a", "a", "a"])
        let calibration = try Calibration(
            known: [0.5],
            unknown: [0.3],
            falsePositives: 0,
            photos: 1,
            landmarks: 1
        )
        // The first example of the definition: a right one is said to show none, and so is one that shows none.
        let scores: [Float] = [0.9, 0.2, 0.1, 0.4]
        let outcomes = scores.enumerated().map { photo, score in
            var row = outcome(photo, [[0], [1], [2], [3]][photo], 0.9 - Float(photo) / 10, 0.1)
            if photo == 2 { row.best[0].confidence = 0.95 }
            row.verdict = .init(score, calibration)
            return row
        }
        #expect(outcomes.map { $0.named != nil } == [true, false, false, true])
        let result = try EvaluationResult(
            Evaluator.Findings(outcomes: outcomes, skipped: []),
            of: photos,
            trainingCounts: [3, 5, 8, 700],
            model: "small",
            checkpoint: "c",
            step: 9
        )
        #expect(abs(result.gap - 2.0 / 3) < 1e-12)
        #expect(result.top1 == 1 && result.nonLandmark == 1)
        #expect(
            result.rejection
                == RejectionResult(known: 3, rejected: 1, unknown: 1, accepted: 0)
        )
        var named = outcomes
        for index in named.indices { named[index].verdict = nil }
        let all = try EvaluationResult(
            Evaluator.Findings(outcomes: named, skipped: []),
            of: photos,
            trainingCounts: [3, 5, 8, 700],
            model: "small",
            checkpoint: "c",
            step: 9
        )
        #expect(abs(all.gap - 0.638889) < 1e-6 && all.rejection == nil)
    }

    @Test func photosOfNoneAndOfSeveralLandmarksCountAsInContests() throws {
        let photos = Truth(
            shown: [[0, 2], [-1, 1], [], [-1], [3]],
            uses: ["Public", "Public", "Private", "Private", "Private"]
        )
        let outcomes = [
            outcome(0, [2, 1, 3, 0], 0.9, 0.1), outcome(1, [0, 3, 1, 2], 0.8, 1.5),
            outcome(2, [3, 0, 1, 2], 0.7, .nan), outcome(3, [3, 0, 1, 2], 0.6, .nan),
            outcome(4, [3, 0, 1, 2], 0.5, 0.2),
        ]
        let result = try EvaluationResult(
            Evaluator.Findings(outcomes: outcomes, skipped: []),
            of: photos,
            trainingCounts: [3, 5, 8, 700],
            model: "small",
            checkpoint: "c",
            step: 9
        )
        // Either landmark of photo 0 is right; photo 2 shows none, photo 3 one that was never learned.
        #expect(result.images == 3 && result.correct == 2 && result.top5 == 1)
        #expect(result.unknown == 1 && result.nonLandmark == 1)
        // Right, wrong, no landmark, never learned, right; four photos show a landmark.
        #expect(abs(result.gap - (1 + 2.0 / 5) / 4) < 1e-12)
        // Classes 2 and 3 were named rightly, class 1 was not.
        #expect(abs(result.macroAccuracy - 2.0 / 3) < 1e-12)
        let byUsage = try #require(result.byUsage)
        #expect(byUsage.map(\.usage) == ["Private", "Public"])
        #expect(byUsage.map(\.images) == [1, 2] && byUsage.map(\.top1) == [1, 0.5])
        // Private: no landmark, never learned, right, of two; public: right, wrong, of two.
        #expect(abs((byUsage[0].gap ?? 0) - (1.0 / 3) / 2) < 1e-12)
        #expect(byUsage[1].gap == 0.5)
        let line = String(decoding: try result.jsonLine(), as: UTF8.self)
        #expect(line.contains(#""by_usage":[{"gap":"#) && line.contains(#""non_landmark":1"#))
    }

    @Test func jsonHasTheNamesOfTheManual() throws {
        let result = try result([1], [outcome(0, [1], 0.9, 0.1)])
        let line = String(decoding: try result.jsonLine(), as: UTF8.self)
        for name in [
            "images", "correct", "top1", "top5", "loss", "gap", "macro_accuracy", "skipped",
            "by_class_size", "model", "checkpoint", "step", "unknown",
        ] { #expect(line.contains("\"\(name)\":")) }
        #expect(
            line.contains(#""by_class_size":[{"classes":1,"images":1,"max":5,"min":1,"top1":1}]"#)
        )
        let record = EvaluationRecord(result, epoch: 3, seconds: 1.5)
        let flat = try record.jsonLine()
        #expect(String(decoding: flat, as: UTF8.self).contains(#""epoch":3,"#))
        #expect(try JSONDecoder().decode(EvaluationRecord.self, from: flat) == record)
    }

    @Test func stepsComeBackFromTheirLines() throws {
        let record = StepRecord(
            step: 5,
            epoch: 2,
            loss: 0.25,
            accuracy: 0.5,
            learningRate: 0.1,
            imagesPerSecond: 100,
            stepSeconds: 0.5,
            dataSeconds: 0.25,
            communicationSeconds: 0.125,
            totalSteps: 9,
            stepsPerEpoch: 3
        )
        let line = String(decoding: try record.jsonLine(), as: UTF8.self)
        #expect(
            line == #"{"accuracy":0.5,"communication_seconds":0.125,"data_seconds":0.25,"#
                + #""epoch":2,"images_per_second":100,"learning_rate":0.1,"loss":0.25,"#
                + #""step":5,"step_seconds":0.5}"#
        )
        let back = try JSONDecoder().decode(StepRecord.self, from: Data(line.utf8))
        #expect(back.step == 5 && back.loss == 0.25 && back.totalSteps == 0)
    }

    @Test func nothingToJudgeIsAnError() {
        #expect(throws: TrainingError.self) { try result([-1], [outcome(0, [1], 1, .nan)]) }
        #expect(throws: TrainingError.self) { try result([0, 1], [], skipped: 2) }
        #expect {
            try result([0], [outcome(0, [1], 1, .infinity)])
        } throws: {
            if case TrainingError.diverged = $0 { true } else { false }
        }
    }

    @Test func everyPhotoCountsOnceOnAnyRanks() throws {
        let photos = try DrawnPhotos(23, classes: 3)
        try photos.folder.write("5.jpg", "not a photo")
        func findings(_ ranks: Int) throws -> [Evaluator.Findings] {
            try ThreadRanks.run(ranks) { communicator in
                let pool = ThreadPool(threads: 1)
                let model = Model(
                    ModelDescription(architecture: .small, classes: 3, imageSize: 32),
                    maximumBatch: 4,
                    purpose: .evaluation,
                    pool: pool
                )
                model.store.initialize(seed: 1)
                return try Evaluator(
                    communicator: communicator,
                    model: model,
                    plans: PhotoPlans(imageSize: 32),
                    batch: 4,
                    pool: pool
                ).run(photos, count: photos.count, top: 5)
            }
        }
        let one = try findings(1)[0]
        #expect(one.outcomes.map(\.photo) == (0..<23).filter { $0 != 5 })
        #expect(one.skipped.map(\.path) == [photos.path(5)])
        for row in one.outcomes {
            #expect(Set(row.best.map(\.label)) == [0, 1, 2])
            #expect(abs(row.best.reduce(0) { $0 + $1.confidence } - 1) < 1e-5)
            #expect(row.best[0].confidence >= row.best[1].confidence)
            let own = row.best.first { $0.label == photos.labels[row.photo] }
            #expect(abs(-logarithm(Double(own?.confidence ?? 0)) - Double(row.loss)) < 1e-4)
        }
        for ranks in [2, 3, 4, 7] {
            for other in try findings(ranks) {
                #expect(other.outcomes == one.outcomes)
                #expect(other.skipped == one.skipped)
            }
        }
    }
}
