/// The learning rate as a function of the step alone.
///
/// A linear warm-up ends at the full rate; the inverse-time and cosine schedules begin after it,
/// the drops of the step schedule are counted from the first step.
public struct LearningRateSchedule: Sendable {
    private let kind: ScheduleKind
    private let base: Double
    private let totalSteps: Int
    private let warmupSteps: Double
    private let decay: Double
    private let stepLength: Double
    private let factor: Double

    /// Makes a schedule.
    ///
    /// - Parameters:
    ///   - base: the full learning rate.
    ///   - totalSteps: steps of the run, where the cosine ends.
    ///   - warmupSteps: steps of the warm-up; 0 = none.
    ///   - decay: of the inverse-time schedule.
    ///   - stepLength: steps between drops of the step schedule.
    ///   - factor: what a drop multiplies the rate by.
    public init(
        kind: ScheduleKind,
        base: Double,
        totalSteps: Int,
        warmupSteps: Double = 0,
        decay: Double = 0,
        stepLength: Double = 1,
        factor: Double = 1
    ) {
        self.kind = kind
        self.base = base
        self.totalSteps = totalSteps
        self.warmupSteps = warmupSteps
        self.decay = decay
        self.stepLength = stepLength
        self.factor = factor
    }

    /// The schedule of a configuration over a course.
    init(_ configuration: TrainingConfiguration, _ course: Course) {
        self.init(
            kind: configuration.schedule,
            base: configuration.scaledLearningRate,
            totalSteps: course.totalSteps,
            warmupSteps: configuration.warmupEpochs * Double(course.stepsPerEpoch),
            decay: configuration.inverseTimeDecay,
            stepLength: configuration.stepEpochs * Double(course.stepsPerEpoch),
            factor: configuration.stepFactor
        )
    }

    /// The learning rate of `step`, counted from 0.
    public func callAsFunction(_ step: Int) -> Float {
        guard Double(step) >= warmupSteps else {
            return Float(base * min(1, Double(step + 1) / warmupSteps))
        }
        let done = Double(step) - warmupSteps
        switch kind {
        case .constant:
            return Float(base)
        case .inverseTime:
            return Float(base / (1 + decay * done))
        case .step:
            let drops = Int(Double(step) / max(stepLength, 1))
            return Float(base * power(factor, drops))
        case .cosine:
            let share = min(1, done / max(Double(totalSteps) - warmupSteps, 1))
            return Float(base * 0.5 * (1 + cosine(halfTurns: share)))
        }
    }
}
