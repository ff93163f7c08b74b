import ArgumentParser
import Distributed
import Foundation
import Images
import Networks
import Reporting
import Tensors
import Training

/// What a run is, in a few lines at its start.
struct RunHeader {
    private let settings: TrainingConfiguration
    private let world: World
    private let photos: LoadedPhotos
    private let trainer: Trainer
    private let choices: [String]

    /// - Parameter choices: what was chosen for the number of photos, and why.
    init(
        _ settings: TrainingConfiguration,
        _ world: World,
        _ photos: LoadedPhotos,
        _ trainer: Trainer,
        _ choices: [String]
    ) {
        self.settings = settings
        self.world = world
        self.photos = photos
        self.trainer = trainer
        self.choices = choices
    }

    /// Writes the lines to standard error.
    func print() {
        let terminal = Terminal.standardError
        for line in lines { terminal.print(line) }
        for line in photos.remarks.lines + photos.findings.lines { Ending.say(line) }
        if let advice = world.topology.crowding ?? world.topology.advice { Ending.say(advice) }
        if let advice { Ending.say(advice) }
        for line in unused { Ending.say(line) }
    }

    /// Rates that were asked for and that the network has no place for.
    private var unused: [String] {
        let model = settings.model
        let rates = [
            ("--dropout", settings.dropout, model.dropout(asked: settings.dropout), "dropout"),
            (
                "--drop-path", settings.stochasticDepth,
                model.stochasticDepth(asked: settings.stochasticDepth), "stochastic depth"
            ),
        ]
        return rates.compactMap { flag, asked, used, name in
            guard let asked, asked > 0, used == 0 else { return nil }
            return "\(flag) \(asked) is not used: \(model.rawValue) has no \(name)"
        }
    }

    /// Steps below which a network hardly leaves its random start.
    private static let fewSteps = 200
    /// A batch that suits few photos.
    private static let smallBatch = 16

    /// What to do where a small folder makes a short course.
    private var advice: String? {
        let steps = trainer.course.totalSteps
        guard steps < Self.fewSteps, settings.steps == nil, settings.weights == nil else {
            return nil
        }
        let batch = min(settings.batch, Self.smallBatch)
        let perEpoch = max(1, photos.training.count / batch)
        let epochs = (3 * Self.fewSteps + perEpoch - 1) / perEpoch
        return
            "\(Figures.count(steps, "step")) hardly \(steps == 1 ? "teaches" : "teach") a network from scratch; "
            + "try --batch \(batch) --epochs \(epochs)"
    }

    private var lines: [String] {
        [
            "landmark-train \(LandmarkTrain.configuration.version), \(ranks)",
            "photos   \(data)",
            "network  \(network)",
            "kernels  \(world.pool.engineText)",
            "recipe   \(recipe)",
            "course   \(course)",
        ] + choices.map { "chosen   \($0)" } + ["run      \(settings.output ?? "")"]
    }

    private var ranks: String {
        let topology = world.topology
        let size = world.communicator.size
        return "\(Figures.count(size, "rank")) on \(Figures.count(topology.nodes.count, "node")) "
            + "(\(topology.cpuModels.joined(separator: ", "))), "
            + "\(Figures.count(world.pool.threads, "thread")) a rank"
    }

    private var data: String {
        let counts = photos.training.countsPerClass
        let held =
            switch photos.source {
            case .test: "its test photos"
            case .validation: "its validation photos"
            case .split: "\(Figures.percent(settings.holdOut, decimals: 0)) of the photos"
            case .all: "all"
            }
        return "\(settings.data ?? "built-in landmarks"): "
            + "\(Figures.grouped(photos.training.count)) to learn from, "
            + "\(Figures.grouped(photos.held.count)) held out (\(held))"
            + (photos.test.map { ", \(Figures.grouped($0.count)) for a test at the end; " } ?? "; ")
            + "\(Figures.count(photos.classes.count, "landmark")) of \(RunHeader.range(counts))"
    }

    private static func range(_ counts: [Int]) -> String {
        let (low, high) = (counts.min() ?? 0, counts.max() ?? 0)
        let most = Figures.count(high, "photo")
        return low == high ? most : "\(Figures.grouped(low)) to \(most)"
    }

    private var network: String {
        let summary = trainer.model.summary()
        return "\(settings.model.rawValue) at \(settings.imageSize)×\(settings.imageSize): "
            + "\(Figures.grouped(summary.parameters)) parameters, "
            + "\(Figures.compact(Double(summary.multiplyAdds) / 1e6)) million multiply-adds a photo; "
            + "\(memory) a rank"
    }

    /// What a rank comes to hold, with what the program and MPI take for themselves.
    private var memory: String { "about " + Figures.bytes(trainer.memory + 40 << 20) }

    private var recipe: String {
        var parts = [
            "\(settings.recipe.rawValue): \(settings.optimizer.rawValue)",
            "learning rate \(Figures.compact(settings.scaledLearningRate)) \(settings.schedule.rawValue)",
        ]
        if settings.warmupEpochs > 0 {
            parts.append(
                "warm-up \(Figures.compact(settings.warmupEpochs)) "
                    + (settings.warmupEpochs == 1 ? "epoch" : "epochs")
            )
        }
        if settings.momentum > 0, settings.optimizer != .adamw {
            parts.append(
                "momentum \(Figures.compact(settings.momentum))\(settings.nesterov ? " nesterov" : "")"
            )
        }
        if settings.weightDecay > 0 {
            parts.append("weight decay \(Figures.compact(settings.weightDecay))")
        }
        if settings.labelSmoothing > 0 {
            parts.append("smoothing \(Figures.compact(settings.labelSmoothing))")
        }
        if let clip = settings.clip { parts.append("clip \(Figures.compact(clip))") }
        if let ema = settings.ema { parts.append("ema \(ema)") }
        if settings.balance != .none { parts.append("balance \(settings.balance.rawValue)") }
        return parts.joined(separator: ", ")
    }

    private var course: String {
        let course = trainer.course
        let slices = settings.slices ?? 1
        let epochs = Double(course.totalSteps) / Double(course.stepsPerEpoch)
        return "batch \(settings.batch) in \(Figures.count(slices, "slice")), "
            + "\(Figures.compact(epochs)) \(epochs == 1 ? "epoch" : "epochs") of "
            + "\(Figures.count(course.stepsPerEpoch, "step")) = "
            + "\(Figures.count(course.totalSteps, "step")), seed \(settings.seed)"
    }
}
