/// How good a network is on photos whose landmarks are known: the object that `evaluate --json`
/// prints.
public struct EvaluationResult: Codable, Sendable, Equatable {
    /// Photos that could be read and show a landmark that the network knows.
    public var images: Int
    /// Photos of those whose landmark came first.
    public var correct: Int
    /// Share of `images` whose landmark came first.
    public var top1: Double
    /// Share of `images` whose landmark was among the first five.
    public var top5: Double
    /// Mean cross-entropy of `images`, without smoothing and class weights.
    public var loss: Double
    /// Global average precision of the first answers, see `globalAveragePrecision`.
    ///
    /// A photo that is said to show no known landmark has none; all other figures count its best guess.
    public var gap: Double
    /// Mean over the landmarks in `images` of the share of their photos named rightly.
    public var macroAccuracy: Double
    /// Photos that could not be read.
    public var skipped: Int
    /// Photos that could be read but show landmarks that the network never learned; they lower `gap`,
    /// in which they are never right, and enter no other figure.
    public var unknown: Int
    /// Photos that could be read and show no landmark; they lower `gap` where the network is sure of
    /// one, and enter no other figure.
    ///
    /// Nil where all photos show one.
    public var nonLandmark: Int?
    /// What the threshold of `calibrate` did; nil = there is none.
    public var rejection: RejectionResult?
    /// The main figures by what a contest's table says the photos are used for; nil where none says it.
    public var byUsage: [UsageResult]?
    /// Top-1 by the number of photos that a landmark was learned from.
    public var byClassSize: [ClassSizeResult]
    /// The network.
    public var model: String
    /// Who named the landmarks, such as `knn, 5 of 341 photos`; nil = the network's head.
    public var classifier: String?
    /// The checkpoint.
    public var checkpoint: String
    /// Steps that it was trained for.
    public var step: Int
    /// Photos that the network learned from: left out, or judged with the others where all photos were
    /// asked for; nil = not known.
    public var learned: Int?
    /// Photos of a run's folder that came to it after the run began; nil = there are none.
    ///
    /// They enter no other figure.
    public var new: NewPhotosResult?

    private enum CodingKeys: String, CodingKey {
        case images, correct, top1, top5, loss, gap
        case macroAccuracy = "macro_accuracy"
        case skipped, unknown
        case nonLandmark = "non_landmark"
        case rejection
        case byUsage = "by_usage"
        case byClassSize = "by_class_size"
        case model, classifier, checkpoint, step, learned, new
    }
}

/// Which photos were answered with "no landmark known here".
public struct RejectionResult: Codable, Sendable, Equatable {
    /// Photos of landmarks that the network knows, and those of them that got no name.
    public var known: Int
    /// Photos of those that got no name.
    public var rejected: Int
    /// Photos that show none of these landmarks.
    public var unknown: Int
    /// Photos of those that got a name all the same.
    public var accepted: Int

    /// Puts counts together.
    public init(known: Int, rejected: Int, unknown: Int, accepted: Int) {
        (self.known, self.rejected) = (known, rejected)
        (self.unknown, self.accepted) = (unknown, accepted)
    }
}

/// How good a network is on photos that came to the folder of its run after the run began.
public struct NewPhotosResult: Codable, Sendable, Equatable {
    /// Photos that could be read and show a landmark that the network knows.
    public var images: Int
    /// Photos of those whose landmark came first.
    public var correct: Int
    /// Share of `images` whose landmark came first.
    public var top1: Double

    /// Takes the figures over of a whole result.
    public init(_ result: EvaluationResult) {
        images = result.images
        correct = result.correct
        top1 = result.top1
    }
}

/// How good a network is on the photos of one use, such as those of a contest's private leaderboard.
public struct UsageResult: Codable, Sendable, Equatable {
    /// The use.
    public var usage: String
    /// Photos of it that could be read and show a landmark that the network knows.
    public var images: Int
    /// Share of `images` whose landmark came first; nil where there are none.
    public var top1: Double?
    /// Global average precision over all photos of the use; nil where none shows a landmark.
    public var gap: Double?
}

/// Accuracy over the landmarks that were learned from `min`…`max` photos.
public struct ClassSizeResult: Codable, Sendable, Equatable {
    /// Fewest photos of a landmark.
    public var min: Int
    /// Most photos of a landmark.
    public var max: Int
    /// Landmarks of this size among the photos.
    public var classes: Int
    /// Photos of them.
    public var images: Int
    /// Share of the photos whose landmark came first.
    public var top1: Double

    /// Makes the figures of a size.
    public init(min: Int, max: Int, classes: Int, images: Int, top1: Double) {
        self.min = min
        self.max = max
        self.classes = classes
        self.images = images
        self.top1 = top1
    }
}
