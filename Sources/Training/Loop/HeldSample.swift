import Images
import Tensors

/// The held-out photos that evaluations in the course of a run take: all, or a sample where they are many.
///
/// The sample is a function of the seed and of the photos' order, so that all evaluations of a run see the
/// same photos and can be compared.
struct HeldSample: Dataset {
    private let whole: any Dataset
    /// Places of the photos among all held out, in their order.
    let places: [Int]
    let labels: [Int32]
    let countsPerClass: [Int]

    /// Draws the sample of a run.
    init(_ whole: any Dataset, _ configuration: TrainingConfiguration) {
        self.whole = whole
        let most = configuration.evaluateAtMost
        guard most > 0, whole.count > most else {
            places = Array(0..<whole.count)
            labels = whole.labels
            countsPerClass = whole.countsPerClass
            return
        }
        var random = Random(seed: configuration.seed, .sample)
        var order = (0..<whole.count).map { UInt32($0) }
        for place in 0..<most {
            order.swapAt(place, place + random.integer(below: order.count - place))
        }
        places = order.prefix(most).map { Int($0) }.sorted()
        let all = whole.labels
        labels = places.map { all[$0] }
        var counts = [Int](repeating: 0, count: whole.countsPerClass.count)
        for label in labels where counts.indices.contains(Int(label)) { counts[Int(label)] += 1 }
        countsPerClass = counts
    }

    /// Whether there are photos that are not in it.
    var isPart: Bool { places.count < whole.count }

    var count: Int { places.count }
    var classes: ClassIndex { whole.classes }
    func id(_ index: Int) -> String { whole.id(places[index]) }
    func path(_ index: Int) -> String { whole.path(places[index]) }
    func label(_ index: Int) -> Int32 { labels[index] }

    /// What was found about the sample, with the photos' places among all.
    func placed(_ findings: Evaluator.Findings) -> Evaluator.Findings {
        var findings = findings
        for row in findings.outcomes.indices {
            findings.outcomes[row].photo = places[findings.outcomes[row].photo]
        }
        return findings
    }

    /// Share of the sample's photos named rightly, by what was found about all.
    func top1(_ findings: Evaluator.Findings) -> Double {
        let all = whole.labels
        let drawn = Set(places)
        let rows = findings.outcomes.filter { drawn.contains($0.photo) && all[$0.photo] >= 0 }
        let right = rows.count { $0.best.first?.label == all[$0.photo] }
        return Double(right) / Double(max(rows.count, 1))
    }
}
