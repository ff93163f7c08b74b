import Networks

extension TrainingConfiguration {
    /// Throws where a run of the settings `earlier` cannot go on with these.
    ///
    /// What decides the network, the photos of each step and the optimizer's state is fixed for the
    /// life of a run. The length of the course, the learning rate, its schedule and all that is
    /// applied afresh in each step may change.
    public func check(resuming earlier: TrainingConfiguration) throws {
        try fixed("--model", \.model, earlier) { $0.rawValue }
        try fixed("--image-size", \.imageSize, earlier) { "\($0)" }
        try fixed("--preprocessing", \.preprocessing, earlier) { $0.rawValue }
        try fixed("--batch", \.batch, earlier) { "\($0)" }
        try fixed("--slices", \.slices, earlier) { $0.map { "\($0)" } ?? "the number of ranks" }
        try fixed("--seed", \.seed, earlier) { "\($0)" }
        try fixed("--hold-out", \.holdOut, earlier) { "\($0)" }
        try fixed("--drop-last", \.dropLast, earlier) { $0 ? "on" : "off" }
        try fixed("--balance", \.balance, earlier) { $0.rawValue }
        try fixed("--optimizer", \.optimizer, earlier) { $0.rawValue }
        try fixed("--momentum", \.hasMomentum, earlier) { $0 ? "above 0" : "0" }
        try fixed("--ema", \.keepsAverage, earlier) { $0 ? "above 0" : "0" }
    }

    private var hasMomentum: Bool { momentum > 0 }

    private var keepsAverage: Bool { ema != nil }

    private func fixed<T: Equatable>(
        _ flag: String,
        _ value: (TrainingConfiguration) -> T,
        _ earlier: TrainingConfiguration,
        _ text: (T) -> String
    ) throws {
        guard value(self) != value(earlier) else { return }
        throw TrainingError.usage(
            "\(flag) cannot change on --resume: the run has \(text(value(earlier))), now it is "
                + "\(text(value(self))); leave the flag out or start a new run with --weights"
        )
    }
}
