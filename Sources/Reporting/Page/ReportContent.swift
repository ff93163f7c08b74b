public import Foundation
public import Training

/// What a report page shows.
public struct ReportContent: Sendable {
    /// What the run is called.
    public var title: String
    /// What was trained on what, in parts.
    public var subtitle: [String]
    /// The course of the run.
    public var history: RunHistory
    /// Whether the launch that `status.json` tells to be running still is; nil = not known.
    public var isRunning: Bool?
    /// What decides how training and held-out loss compare; nil = not known.
    public var configuration: TrainingConfiguration?
    /// Settings by name, in the order shown.
    public var settings: [(name: String, value: String)] = []
    /// Landmarks and the photos that each was learned from, in any order.
    public var landmarks: [NamedBarChart.Bar] = []
    /// Landmarks that are named wrongly most, the worst first.
    public var hardest: [LandmarkRow] = []
    /// Which landmark was taken for which; nil = not known.
    public var confusion: Confusion?
    /// Right and wrong answers with their photos; nil = there are none.
    public var answers: AnswerGallery?
    /// Commands that go on from here.
    public var commands: [String] = []
    /// The time zone of dates.
    public var zone = TimeZone.current

    /// Begins with the course of a run.
    public init(title: String, subtitle: [String], history: RunHistory) {
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

/// The surest right and wrong answers of an evaluation with their photos: `answers.json` of a run.
public struct AnswerGallery: Codable, Sendable, Equatable {
    /// The name of the file in a run folder.
    public static let name = "answers.json"

    /// A photo and what was answered.
    public struct Entry: Codable, Sendable, Equatable {
        /// The landmark that it shows.
        public var landmark: String
        /// The landmark that it was taken for.
        public var answer: String
        /// How sure the network was, from 0 to 1.
        public var confidence: Double
        /// Photos that the landmark was learned from; nil = not known.
        public var trained: Int?
        /// The photo, small, as a JPEG; nil = it can no longer be read.
        public var photo: Data?

        /// Makes an entry.
        public init(
            landmark: String,
            answer: String,
            confidence: Double,
            trained: Int?,
            photo: Data?
        ) {
            self.landmark = landmark
            self.answer = answer
            self.confidence = confidence
            self.trained = trained
            self.photo = photo
        }
    }

    /// Steps that the network was trained for.
    public var step: Int
    /// Right answers, the surest first.
    public var right: [Entry]
    /// Wrong answers, the surest first.
    public var wrong: [Entry]

    /// Makes a gallery.
    public init(step: Int, right: [Entry], wrong: [Entry]) {
        self.step = step
        self.right = right
        self.wrong = wrong
    }
}

/// How often photos of one landmark were taken for another.
public struct Confusion: Sendable, Equatable {
    /// A landmark and what it was taken for, by their places.
    public struct Answer: Hashable, Sendable {
        /// The landmark that a photo shows.
        public var truth: Int
        /// The landmark that it was taken for.
        public var answer: Int

        /// Makes an answer.
        public init(truth: Int, answer: Int) {
            self.truth = truth
            self.answer = answer
        }
    }

    /// Names of landmarks by their places.
    let names: [String]
    /// Photos of each landmark that were asked about.
    private let photos: [Int: Int]
    private let counts: [Answer: Int]

    /// Counts answers; `names` has one for each place that occurs in them.
    public init(names: [String], answers: some Sequence<Answer>) {
        self.names = names
        var photos: [Int: Int] = [:]
        var counts: [Answer: Int] = [:]
        for answer in answers {
            photos[answer.truth, default: 0] += 1
            counts[answer, default: 0] += 1
        }
        self.photos = photos
        self.counts = counts
    }

    /// Places of the landmarks that occur, ascending.
    public var places: [Int] {
        Set(counts.keys.flatMap { [$0.truth, $0.answer] }).sorted()
    }

    /// Photos of the landmark `truth` that were taken for `answer`.
    public func count(_ truth: Int, as answer: Int) -> Int {
        counts[Answer(truth: truth, answer: answer)] ?? 0
    }

    /// Photos of a landmark that were asked about.
    public func photos(of truth: Int) -> Int { photos[truth] ?? 0 }

    /// A landmark that was taken for another, and how many of its photos.
    public struct Pair: Sendable, Equatable {
        /// The landmark that the photos show.
        public var truth: String
        /// The landmark that they were taken for.
        public var answer: String
        /// How many they are.
        public var count: Int
        /// Photos of the landmark in all.
        public var photos: Int
    }

    /// The pairs that were confused most often, the worst first, at most `most`.
    public func pairs(_ most: Int) -> [Pair] {
        let wrong = counts.filter { $0.key.truth != $0.key.answer }.sorted {
            let (a, b) = ($0, $1)
            if a.value != b.value { return a.value > b.value }
            let (few, many) = (photos(of: a.key.truth), photos(of: b.key.truth))
            return (few, a.key.truth, a.key.answer) < (many, b.key.truth, b.key.answer)
        }
        return wrong.prefix(most).map { key, count in
            Pair(
                truth: names[key.truth],
                answer: names[key.answer],
                count: count,
                photos: photos(of: key.truth)
            )
        }
    }
}
