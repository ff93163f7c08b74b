import Foundation
import Testing
import Training

struct ScheduleTests {
    @Test func constantIsConstant() {
        let rate = LearningRateSchedule(kind: .constant, base: 0.3, totalSteps: 10)
        #expect((0..<12).allSatisfy { rate($0) == 0.3 })
    }

    @Test func warmupRisesLinearlyAndEndsAtTheFullRate() {
        let rate = LearningRateSchedule(
            kind: .constant,
            base: 0.8,
            totalSteps: 100,
            warmupSteps: 4
        )
        #expect((0..<6).map(rate.callAsFunction) == [0.2, 0.4, 0.6, 0.8, 0.8, 0.8])
    }

    @Test func inverseTimeIsKeras() {
        // lr / (1 + decay · t), t = 0 in the first step
        let rate = LearningRateSchedule(
            kind: .inverseTime,
            base: 1e-4,
            totalSteps: 15_000,
            decay: 1e-6
        )
        #expect(rate(0) == 1e-4)
        #expect(rate(14_999) == Float(1e-4 / (1 + 1e-6 * 14_999)))
    }

    @Test func stepsDropByTheirFactor() {
        let rate = LearningRateSchedule(
            kind: .step,
            base: 1,
            totalSteps: 100,
            stepLength: 10,
            factor: 0.5
        )
        #expect([0, 9, 10, 19, 20, 35].map(rate.callAsFunction) == [1, 1, 0.5, 0.5, 0.25, 0.125])
    }

    @Test func cosineIsHalfAWave() {
        let rate = LearningRateSchedule(
            kind: .cosine,
            base: 0.1,
            totalSteps: 60,
            warmupSteps: 10
        )
        for step in 10..<60 {
            let expected = 0.05 * (1 + cos(Double.pi * Double(step - 10) / 50))
            #expect(abs(Double(rate(step)) - expected) < 1e-8)
        }
        #expect(rate(9) == 0.1)
        #expect(rate(60) == 0)
    }

    @Test func linearScalingFollowsTheBatch() {
        var configuration = Recipe.landmark.configuration
        configuration.learningRate = 0.1
        configuration.referenceBatch = 64
        configuration.batch = 256
        #expect(configuration.scaledLearningRate == 0.4)
        configuration.referenceBatch = nil
        #expect(configuration.scaledLearningRate == 0.1)
    }

    @Test func tutorialFollowsItsRate() throws {
        let configuration = Recipe.tutorial.configuration
        let course = try Course(configuration, photos: 16_000)
        #expect(course.stepsPerEpoch == 1000)
        #expect(course.totalSteps == 15_000)
        #expect(configuration.scaledLearningRate == 1e-4)
        #expect(configuration.optimizer == .rmspropKeras)
        #expect(configuration.schedule == .inverseTime)
        #expect(configuration.augmentation == .none)
    }
}
