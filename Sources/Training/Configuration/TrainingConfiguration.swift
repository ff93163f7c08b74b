import Networks

/// Everything that decides what a run computes and where it is kept.
///
/// A configuration starts as a recipe, is overridden by a file and by flags, is printed at the
/// start and stored as `config.json`, which is itself a valid `--config` file. Two runs of equal
/// configurations on equal photos give equal checkpoints, bit for bit, on any number of ranks.
///
/// Its members are the settings that the groups define: `configuration.batch` is the value of
/// `CourseSettings.batch`.
@dynamicMemberLookup
public struct TrainingConfiguration: Sendable {
    /// The recipe that the other values started from.
    public var recipe: Recipe
    /// Values by key; a setting that is not there has its usual one.
    private var values: [String: any SettingValue] = [:]

    /// The usual values, under the name of `recipe`.
    init(recipe: Recipe) { self.recipe = recipe }

    /// The definitions by group.
    public static let photos = PhotoSettings()
    /// The definitions of the network and its weights.
    public static let network = NetworkSettings()
    /// The definitions of the update rule, the learning rate and the loss.
    public static let optimisation = OptimisationSettings()
    /// The definitions of the course and of what is kept.
    public static let course = CourseSettings()
    /// All definitions, in the order of `--help`.
    public static let settings =
        photos.settings + network.settings + optimisation.settings + course.settings

    /// More photos than any memory holds at once.
    public static let largestBatch = 1 << 20

    /// The value of `setting`.
    public subscript<Value>(setting: Setting<Value>) -> Value {
        get { values[setting.key].flatMap { $0 as? Value } ?? setting.usual }
        set { values[setting.key] = newValue }
    }

    /// The value of a setting of photos.
    public subscript<Value>(dynamicMember path: KeyPath<PhotoSettings, Setting<Value>>) -> Value {
        get { self[Self.photos[keyPath: path]] }
        set { self[Self.photos[keyPath: path]] = newValue }
    }

    /// The value of a setting of the network.
    public subscript<Value>(dynamicMember path: KeyPath<NetworkSettings, Setting<Value>>) -> Value {
        get { self[Self.network[keyPath: path]] }
        set { self[Self.network[keyPath: path]] = newValue }
    }

    /// The value of a setting of the update rule, the learning rate or the loss.
    public subscript<Value>(
        dynamicMember path: KeyPath<OptimisationSettings, Setting<Value>>
    ) -> Value {
        get { self[Self.optimisation[keyPath: path]] }
        set { self[Self.optimisation[keyPath: path]] = newValue }
    }

    /// The value of a setting of the course.
    public subscript<Value>(dynamicMember path: KeyPath<CourseSettings, Setting<Value>>) -> Value {
        get { self[Self.course[keyPath: path]] }
        set { self[Self.course[keyPath: path]] = newValue }
    }

    /// The part that decides what is computed, without where and how often it is kept.
    ///
    /// Checkpoints carry this, so that equal runs in different folders write equal files.
    public var withoutPlaces: TrainingConfiguration {
        var copy = self
        for setting in Self.settings { setting.removePlace(from: &copy) }
        return copy
    }

    /// Throws what is wrong with the values, before any photo is looked at.
    ///
    /// - Parameter ranks: ranks of this launch, which bound the slices from below.
    public func check(ranks: Int) throws {
        for setting in Self.settings { try setting.check(self) }
        let (batch, slices) = (self.batch, self.slices ?? ranks)
        let (model, imageSize) = (self.model, self.imageSize)
        try require(
            slices >= ranks,
            "\(ranks) ranks but only \(slices) slices: a rank would have nothing to do; "
                + "start at most \(slices) ranks or train anew with --slices \(ranks) or more"
        )
        try require(
            batch % slices == 0,
            "a batch of \(batch) cannot be cut into \(slices) equal slices; "
                + "use --batch \(max(1, batch / slices) * slices)"
                + " or --batch \((batch / slices + 1) * slices)"
        )
        try require(
            imageSize >= model.smallestImage,
            "--image-size is \(imageSize); \(model.rawValue) needs at least \(model.smallestImage)"
        )
        try require(
            Float(scaledLearningRate).isFinite,
            "--learning-rate is \(self.learningRate); give a positive number such as 0.1"
        )
        let network = description(classes: 2)
        do throws(NetworksError) { try network.check(freezing) } catch {
            throw TrainingError.usage(error.description)
        }
        try require(
            cachedViews == nil || network.features(freezing) != nil,
            "the trunk of \(model.rawValue) gives more than one value, which cannot be computed once; give --views 0"
        )
        try require(
            self.views == nil || freezing == .trunk,
            "--views is for --freeze trunk, whose features are computed once; give that too or leave it out"
        )
        try require(
            !self.nesterov || self.momentum > 0,
            "--nesterov needs a momentum above 0; give --momentum 0.9"
        )
    }

    private func require(_ holds: Bool, _ message: String) throws {
        guard holds else { throw TrainingError.usage(message) }
    }

    /// Throws where a run of the settings `earlier` cannot go on with these.
    ///
    /// What decides the network, the photos of each step and the optimizer's state is fixed for the
    /// life of a run. The length of the course, the learning rate, its schedule and all that is
    /// applied afresh in each step may change.
    public func check(resuming earlier: TrainingConfiguration) throws {
        for setting in Self.settings { try setting.check(self, resuming: earlier) }
    }
}

extension TrainingConfiguration: Equatable {
    /// Whether all settings are equal.
    public static func == (a: TrainingConfiguration, b: TrainingConfiguration) -> Bool {
        a.recipe == b.recipe && settings.allSatisfy { $0.isEqual(a, b) }
    }
}

/// Some of the settings, which `--help` shows under one title.
public protocol SettingGroup: Sendable {
    /// Title of the flags in `--help`.
    static var title: String { get }
    /// Makes the definitions.
    init()
}

extension SettingGroup {
    /// The definitions, in the order in which they stand in the group.
    public var settings: [any AnySetting] {
        Mirror(reflecting: self).children.compactMap { $0.value as? any AnySetting }
    }
}
