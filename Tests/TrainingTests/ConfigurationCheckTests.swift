import Networks
import Testing
import Training

struct ConfigurationCheckTests {
    /// What `check` says of a change, nil for nothing.
    private func message(
        ranks: Int = 2,
        _ change: (inout TrainingConfiguration) -> Void
    ) -> String? {
        do {
            try TrainingConfiguration.quick(change: change).check(ranks: ranks)
            return nil
        } catch let error as TrainingError {
            #expect(error.exitCode == 64)
            #expect(!error.description.contains("\n"))
            return error.description
        } catch {
            return "\(error)"
        }
    }

    @Test func goodSettingsPass() { #expect(message { _ in } == nil) }

    @Test func slicesMustDivideTheBatch() throws {
        let text = try #require(message { $0.batch = 14 })
        #expect(text.contains("--batch 12") && text.contains("--batch 16"))
    }

    @Test func everyRankNeedsASlice() throws {
        let text = try #require(message(ranks: 5) { _ in })
        #expect(text.contains("5 ranks") && text.contains("at most 4"))
    }

    @Test func slicesThatAreNotSetAreTheRanks() {
        #expect(message(ranks: 3) { $0.slices = nil } == nil)
        #expect(message(ranks: 5) { $0.slices = nil } != nil)
    }

    @Test func smallPhotosAreRefused() throws {
        let text = try #require(message { $0.imageSize = 8 })
        #expect(text.contains("at least \(Architecture.small.smallestImage)"))
    }

    @Test func valuesOutsideTheirRangesAreNamed() {
        let changes: [(String, (inout TrainingConfiguration) -> Void)] = [
            ("--batch", { $0.batch = 0 }), ("--slices", { $0.slices = 0 }),
            ("--batch", { $0.batch = .max }), ("--slices", { $0.slices = .max }),
            ("--batch", { $0.batch = .min }), ("--epochs", { $0.epochs = .max }),
            ("--steps", { $0.steps = .max }), ("--keep", { $0.keep = .max }),
            ("--evaluate-every", { $0.evaluateEvery = .max }),
            ("--checkpoint-every", { $0.checkpointEvery = .max }),
            ("--learning-rate", { $0.learningRate = 1e39 }),
            ("--clip", { $0.clip = .infinity }), ("--clip", { $0.clip = .nan }),
            ("--weight-decay", { $0.weightDecay = .infinity }),
            ("--epsilon", { $0.epsilon = .nan }), ("--step-epochs", { $0.stepEpochs = .infinity }),
            ("--warmup-epochs", { $0.warmupEpochs = 1e300 }),
            ("--output", { $0.output = "" }), ("--weights", { $0.weights = "" }),
            ("--epochs", { $0.epochs = 0 }), ("--steps", { $0.steps = 0 }),
            ("--image-size", { $0.imageSize = 5000 }),
            ("--learning-rate", { $0.learningRate = 0 }),
            ("--learning-rate", { $0.learningRate = .nan }),
            ("--hold-out", { $0.holdOut = 1 }), ("--max-bad-photos", { $0.maximumBadPhotos = 2 }),
            ("--label-smoothing", { $0.labelSmoothing = -0.1 }),
            ("--momentum", { $0.momentum = 1 }), ("--dropout", { $0.dropout = 1 }),
            ("--ema", { $0.ema = 1 }), ("--flip", { $0.augmentation.flip = 1.5 }),
            ("--erasing", { $0.augmentation.erasing = -1 }),
            ("--colour-jitter", { $0.augmentation.colourJitter = .nan }),
            ("--min-scale", { $0.augmentation.minimumScale = 0 }), ("--clip", { $0.clip = 0 }),
            ("--weight-decay", { $0.weightDecay = -1 }),
            ("--warmup-epochs", { $0.warmupEpochs = -1 }), ("--keep", { $0.keep = -1 }),
            ("--checkpoint-every", { $0.checkpointEvery = 0 }),
            ("--evaluate-every", { $0.evaluateEvery = -1 }), ("--rho", { $0.rho = 1 }),
            ("--beta1", { $0.beta1 = 1 }), ("--beta2", { $0.beta2 = -1 }),
            ("--epsilon", { $0.epsilon = 0 }), ("--reference-batch", { $0.referenceBatch = 0 }),
            ("--inverse-time-decay", { $0.inverseTimeDecay = -1 }),
            ("--step-epochs", { $0.stepEpochs = 0 }), ("--step-factor", { $0.stepFactor = 0 }),
            ("--nesterov", { $0.momentum = 0 }),
        ]
        for (flag, change) in changes {
            #expect(message(change)?.contains(flag) ?? false, "\(flag)")
        }
    }

    @Test func resumeKeepsWhatMadeTheState() {
        let earlier = TrainingConfiguration.quick()
        let changes: [(String, (inout TrainingConfiguration) -> Void)] = [
            ("--model", { $0.model = .resnet18 }), ("--image-size", { $0.imageSize = 48 }),
            ("--batch", { $0.batch = 24 }), ("--slices", { $0.slices = 2 }),
            ("--seed", { $0.seed = 9 }), ("--hold-out", { $0.holdOut = 0.3 }),
            ("--drop-last", { $0.dropLast = true }), ("--balance", { $0.balance = .sampling }),
            ("--optimizer", { $0.optimizer = .adamw }), ("--momentum", { $0.momentum = 0 }),
            ("--ema", { $0.ema = 0.9 }), ("--preprocessing", { $0.preprocessing = .stretch }),
        ]
        for (flag, change) in changes {
            #expect {
                try TrainingConfiguration.quick(change: change).check(resuming: earlier)
            } throws: {
                ($0 as? TrainingError)?.exitCode == 64 && "\($0)".hasPrefix(flag)
            }
        }
    }

    @Test func resumeMayChangeTheCourse() throws {
        let later = TrainingConfiguration.quick {
            $0.epochs = 50
            $0.learningRate = 0.001
            $0.schedule = .constant
            $0.weightDecay = 0
            $0.labelSmoothing = 0
            $0.momentum = 0.8
            $0.clip = 1
            $0.keep = 7
            $0.evaluateEvery = 3
        }
        try later.check(resuming: .quick())
    }
}
