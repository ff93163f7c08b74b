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
