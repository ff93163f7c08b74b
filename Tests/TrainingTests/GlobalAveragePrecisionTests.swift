import Testing
import Training

struct GlobalAveragePrecisionTests {
    private let truth: [String: Set<Int64>] = ["a": [1], "b": [2], "c": [], "d": [3]]

    private func answer(_ photo: String, _ label: Int64, _ score: Double) -> RankedAnswer {
        RankedAnswer(photo: photo, label: label, score: score)
    }

    private func gap(_ answers: [RankedAnswer]) throws -> Double {
        try globalAveragePrecision(answers, truth: truth)
    }

    private func isNear(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 5e-7 }

    @Test func rightOnesFirstScoreOne() throws {
        let answers = [
            answer("a", 1, 0.9), answer("b", 2, 0.8), answer("d", 3, 0.7), answer("c", 9, 0.1),
        ]
        #expect(try isNear(gap(answers), 1))
        #expect(try isNear(gap(answers.reversed()), 1))
    }

    @Test func answerAboutNoLandmarkTakesARank() throws {
        let answers = [
            answer("a", 1, 0.9), answer("b", 2, 0.8), answer("d", 3, 0.7), answer("c", 9, 0.95),
        ]
        #expect(try isNear(gap(answers), 0.638889))
    }

    @Test func tiesAreRankedByPhoto() throws {
        #expect(try isNear(gap([answer("a", 9, 0.5), answer("b", 2, 0.5)]), 0.166667))
        #expect(try isNear(gap([answer("a", 1, 0.5), answer("b", 9, 0.5)]), 0.333333))
        let all = [answer("d", 3, 1), answer("c", 9, 1), answer("b", 2, 1), answer("a", 1, 1)]
        #expect(try isNear(gap(all), 0.916667))
    }

    @Test func missingAnswersCount() throws {
        #expect(try isNear(gap([answer("a", 1, 0.2)]), 0.333333))
        #expect(try gap([]) == 0)
    }

    @Test func whatCannotBeJudgedIsRefused() {
        #expect(throws: TrainingError.self) { try gap([answer("x", 1, 1)]) }
        #expect(throws: TrainingError.self) { try gap([answer("a", 1, 1), answer("a", 2, 1)]) }
        #expect(throws: TrainingError.self) { try gap([answer("a", 1, .nan)]) }
        #expect(throws: TrainingError.self) { try globalAveragePrecision([], truth: ["c": []]) }
    }
}
