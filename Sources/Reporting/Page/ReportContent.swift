public import Foundation

/// What a report page shows.
public struct ReportContent: Sendable {
    /// What the run is called.
    public var title: String
    /// What was trained on what, on one line.
    public var subtitle: String
    /// The course of the run.
    public var history: RunHistory
    /// Settings by name, in the order shown.
    public var settings: [(name: String, value: String)] = []
    /// Photos that each landmark was learned from, in any order.
    public var trainingCounts: [Int] = []
    /// Landmarks that are named wrongly most, the worst first.
    public var hardest: [LandmarkRow] = []
    /// A JPEG of right and wrong answers.
    public var sheet: Data?
    /// Commands that go on from here.
    public var commands: [String] = []

    /// Begins with the course of a run.
    public init(title: String, subtitle: String, history: RunHistory) {
        self.title = title
        self.subtitle = subtitle
        self.history = history
    }
}

/// How well one landmark is known.
public struct LandmarkRow: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Photos that it was learned from.
    public var trained: Int
    /// Photos that were asked about.
    public var images: Int
    /// Photos of those named rightly.
    public var correct: Int
    /// What it was taken for most often; nil = never for another.
    public var takenFor: String?

    /// Makes a row.
    public init(name: String, trained: Int, images: Int, correct: Int, takenFor: String?) {
        self.name = name
        self.trained = trained
        self.images = images
        self.correct = correct
        self.takenFor = takenFor
    }
}
