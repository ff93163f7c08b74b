import Training

/// Why the loss in training lies above the held-out loss, which alarms whoever expects the opposite.
struct LossNote {
    /// One or two sentences.
    let text: String

    /// Looks at the last evaluation and the epoch that led to it; nil where the training loss is not
    /// clearly above.
    init?(_ history: RunHistory, _ configuration: TrainingConfiguration) {
        guard let last = history.evaluations.last else { return nil }
        let losses = history.steps.reversed().prefix {
            $0.epoch >= last.epoch || $0.step > last.step
        }
        .filter { $0.step <= last.step && $0.loss.isFinite }.map(\.loss)
        guard !losses.isEmpty else { return nil }
        let training = losses.reduce(0, +) / Double(losses.count)
        guard training > 1.02 * last.result.loss else { return nil }
        var reasons: [String] = []
        if configuration.labelSmoothing > 0 {
            reasons.append(
                "label smoothing \(Figures.compact(configuration.labelSmoothing)) raises it, since "
                    + "the target is spread over all landmarks"
            )
        }
        let changes = LossNote.changes(configuration.augmentation)
        if !changes.isEmpty {
            reasons.append(
                "augmentation (\(changes.joined(separator: ", "))) makes the photos of training harder"
            )
        }
        switch configuration.balance {
        case .none: break
        case .weights: reasons.append("class weights let rare landmarks count more")
        case .sampling: reasons.append("rare landmarks are drawn more often than they occur")
        }
        if configuration.dropoutRate > 0 {
            let rate = Figures.compact(configuration.dropoutRate)
            reasons.append("dropout \(rate) is at work in training alone")
        }
        if configuration.ema != nil {
            reasons.append("held-out photos are judged with the running average of the weights")
        }
        if reasons.isEmpty {
            reasons.append(
                "it is the mean over an epoch in which the network still learned, and the held-out "
                    + "loss is that of the epoch's end"
            )
        }
        text =
            "After epoch \(last.epoch) the training loss, \(Figures.fixed(training, 3)), lies above "
            + "the held-out loss, \(Figures.fixed(last.result.loss, 3)). That is to be "
            + "expected: " + reasons.joined(separator: "; ") + "."
    }

    private static func changes(_ settings: AugmentationSettings) -> [String] {
        var changes: [String] = []
        if settings.minimumScale < 1 { changes.append("crops") }
        if settings.flip > 0 { changes.append("mirroring") }
        if settings.colourJitter > 0 { changes.append("colours") }
        if settings.erasing > 0 { changes.append("erasing") }
        return changes
    }
}
