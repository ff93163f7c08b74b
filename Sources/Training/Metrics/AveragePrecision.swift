/// The average precision of one query's answers, of which mAP@100, the measure of the Google Landmark retrieval
/// challenges, is the mean.
///
/// It is [1 / min(m, places)] · Σ P(k) · rel(k) over the first `places` answers, with P(k) the share of relevant ones
/// among the first k and m the number of relevant photos. An id that was named before earns nothing and keeps its rank.
///
/// - Parameters:
///   - answers: ids, best first, and whether each is relevant.
///   - relevant: relevant photos m of the query, at least 1.
///   - places: answers that count.
public func averagePrecision(
    _ answers: [(id: String, isRelevant: Bool)],
    relevant: Int,
    places: Int = 100
) -> Double {
    precondition(relevant > 0, "a query with relevant photos")
    var seen = Set<String>()
    var right = 0
    var sum = 0.0
    for (place, answer) in answers.prefix(places).enumerated() {
        guard seen.insert(answer.id).inserted, answer.isRelevant else { continue }
        right += 1
        sum += Double(right) / Double(place + 1)
    }
    return sum / Double(min(relevant, places))
}
