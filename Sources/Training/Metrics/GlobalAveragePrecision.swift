/// An answer about one photo, for `globalAveragePrecision`.
public struct RankedAnswer: Sendable, Equatable {
    /// Id of the photo.
    public var photo: String
    /// The landmark named.
    public var label: Int64
    /// How sure the answer is; larger = surer.
    public var score: Double

    /// Makes an answer.
    public init(photo: String, label: Int64, score: Double) {
        self.photo = photo
        self.label = label
        self.score = score
    }
}

/// Global average precision (µAP), the measure of the Google Landmark recognition challenges.
///
/// Answers are ranked by score, then photo id, then label. GAP = (1/M) · Σ P(i) · rel(i), with P(i)
/// the share of right ones among the first i, rel(i) 1 where answer i is right, and M the number of
/// photos that show a landmark.
///
/// - Parameters:
///   - answers: at most one for each photo.
///   - truth: the landmarks in each photo; none = the photo shows no landmark.
/// - Throws: `TrainingError.data` for an answer about an unknown photo, a second answer, a score
///   that is no number, and a truth without any landmark.
public func globalAveragePrecision(
    _ answers: [RankedAnswer],
    truth: [String: Set<Int64>]
) throws -> Double {
    let positives = truth.values.reduce(0) { $0 + ($1.isEmpty ? 0 : 1) }
    guard positives > 0 else {
        throw TrainingError.data(
            "GAP needs photos that show a landmark and there are none; check the labels"
        )
    }
    var answered = Set<String>(minimumCapacity: answers.count)
    for answer in answers {
        guard truth[answer.photo] != nil else {
            throw TrainingError.data(
                "there is an answer for photo '\(answer.photo)', which is not among the photos"
            )
        }
        guard answered.insert(answer.photo).inserted else {
            throw TrainingError.data(
                "photo '\(answer.photo)' has two answers; GAP takes one for each photo"
            )
        }
        guard !answer.score.isNaN else {
            throw TrainingError.data("the score of photo '\(answer.photo)' is not a number")
        }
    }
    var right = 0
    var sum = 0.0
    for (place, answer) in answers.sorted(by: ranksBefore).enumerated()
    where truth[answer.photo]?.contains(answer.label) ?? false {
        right += 1
        sum += Double(right) / Double(place + 1)
    }
    return sum / Double(positives)
}

private func ranksBefore(_ a: RankedAnswer, _ b: RankedAnswer) -> Bool {
    if a.score != b.score { return a.score > b.score }
    if a.photo != b.photo { return a.photo.utf8.lexicographicallyPrecedes(b.photo.utf8) }
    return a.label < b.label
}
