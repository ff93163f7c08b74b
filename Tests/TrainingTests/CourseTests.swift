import Testing
import Training

struct CourseTests {
    private func course(
        _ photos: Int,
        change: (inout TrainingConfiguration) -> Void = { _ in }
    ) throws -> Course {
        try Course(.quick(batch: 8, change: change), photos: photos)
    }

    @Test func lastBatchIsKeptOrLeftOut() throws {
        #expect(try course(20).stepsPerEpoch == 3)
        #expect(try course(20) { $0.dropLast = true }.stepsPerEpoch == 2)
        #expect(try course(24) { $0.dropLast = true }.stepsPerEpoch == 3)
    }

    @Test func fewPhotosAreOneStep() throws {
        #expect(try course(5) { $0.dropLast = true }.stepsPerEpoch == 1)
        #expect(throws: TrainingError.self) { try course(0) }
    }

    @Test func stepsOverrideEpochs() throws {
        #expect(try course(16).totalSteps == 4)
        #expect(try course(16) { $0.steps = 7 }.totalSteps == 7)
    }

    @Test func stepsLieInEpochs() throws {
        let course = try course(20)
        #expect((0..<6).map(course.epoch) == [0, 0, 0, 1, 1, 1])
        #expect((0..<6).map(course.stepInEpoch) == [0, 1, 2, 0, 1, 2])
    }

    @Test func checkpointsEndEpochsAndCourse() throws {
        let plain = try course(20) { $0.steps = 7 }
        #expect((1...7).filter(plain.checkpointIsDue) == [3, 6, 7])
        let often = try course(20) {
            $0.steps = 7
            $0.checkpointEvery = 2
        }
        #expect((1...7).filter(often.checkpointIsDue) == [2, 3, 4, 6, 7])
    }

    @Test func evaluationsComeEverySoManyEpochs() throws {
        let every = try course(8) {
            $0.epochs = 5
            $0.evaluateEvery = 2
        }
        #expect((1...5).filter(every.evaluationIsDue) == [2, 4, 5])
        let last = try course(8) { $0.epochs = 5 }
        #expect((1...5).filter(last.evaluationIsDue) == [5])
    }
}
