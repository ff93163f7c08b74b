import Tensors
import Testing
import Training

struct LandmarkMeansTests {
    private let pool = ThreadPool(threads: 2)

    /// The scores by the definition, in double precision: cosines of W (x − centre) with W (mean − centre), where
    /// Wᵀ W is the inverse of the scatter with its ridge.
    private func naive(_ samples: EmbeddingSamples, _ queries: EmbeddingBlock) -> [Double] {
        let (d, n) = (samples.width, samples.labels.count)
        let x = (0..<n).map { row in (0..<d).map { Double(samples.rows.row(row)[$0]) } }
        let classes = Set(samples.labels).sorted()
        let centre = (0..<d).map { index in x.reduce(0) { $0 + $1[index] } / Double(n) }
        let means = classes.map { label in
            let own = x.indices.filter { samples.labels[$0] == label }
            return (0..<d).map { index in
                own.reduce(0) { $0 + x[$1][index] } / Double(own.count)
            }
        }
        var scatter = [[Double]](repeating: [Double](repeating: 0, count: d), count: d)
        for row in 0..<n {
            let mean = means[classes.firstIndex(of: samples.labels[row]) ?? 0]
            for i in 0..<d {
                for j in 0..<d { scatter[i][j] += (x[row][i] - mean[i]) * (x[row][j] - mean[j]) }
            }
        }
        let trace = (0..<d).reduce(0) { $0 + scatter[$1][$1] }
        for i in 0..<d { scatter[i][i] += trace / (4 * Double(n - classes.count)) }
        let inverse = Self.inverse(scatter)
        func product(_ a: [Double], _ b: [Double]) -> Double {
            (0..<d).reduce(0) { sum, i in
                sum + (0..<d).reduce(0) { $0 + a[i] * inverse[i][$1] * b[$1] }
            }
        }
        return (0..<queries.count).map { row in
            let q = (0..<d).map { Double(queries.row(row)[$0]) - centre[$0] }
            return means.map { mean in
                let m = (0..<d).map { mean[$0] - centre[$0] }
                return product(q, m) / (product(q, q) * product(m, m)).squareRoot()
            }.max() ?? 0
        }
    }

    /// The inverse of a matrix by elimination.
    private static func inverse(_ matrix: [[Double]]) -> [[Double]] {
        let n = matrix.count
        var (a, b) = (matrix, (0..<n).map { i in (0..<n).map { $0 == i ? 1.0 : 0 } })
        for i in 0..<n {
            let pivot = a[i][i]
            for j in 0..<n {
                a[i][j] /= pivot
                b[i][j] /= pivot
            }
            for k in 0..<n where k != i {
                let factor = a[k][i]
                for j in 0..<n {
                    a[k][j] -= factor * a[i][j]
                    b[k][j] -= factor * b[i][j]
                }
            }
        }
        return b
    }

    @Test func scoresAreThoseOfTheDefinition() throws {
        let samples = EmbeddingSamples([40, 25, 7, 1])
        let queries = EmbeddingSamples([9, 9, 9, 9], seed: 2)
        let means = LandmarkMeans(samples.rows, samples.labels, pool)
        #expect(means.whitening != nil)
        let scores = means.scores(queries.rows, pool)
        for (score, expected) in zip(scores, naive(samples, queries.rows)) {
            #expect(abs(Double(score) - expected) < 1e-4)
        }
    }

    @Test func whiteningTellsLandmarksApartBetter() {
        let samples = EmbeddingSamples([40, 40, 40, 40])
        let means = LandmarkMeans(samples.rows, samples.labels, pool)
        let plain = LandmarkMeans(
            EmbeddingBlock(samples.rows, [0, 40, 80, 120]),
            [0, 1, 2, 3],
            pool
        )
        #expect(plain.whitening == nil)
        func right(_ means: LandmarkMeans) -> Int {
            let near = means.guesses(means.directions(samples.rows, pool), top: 1, pool)
            return near.indices.count { near[$0].first?.label == samples.labels[$0] }
        }
        #expect(right(means) > right(plain))
        #expect(right(means) > 140)
    }

    @Test func confidencesAreSharesOfAllLandmarks() {
        let samples = EmbeddingSamples([20, 20, 20, 1])
        let means = LandmarkMeans(samples.rows, samples.labels, pool)
        let directions = means.directions(samples.rows, pool)
        let all = means.guesses(directions, top: 9, pool)
        let scores = means.scores(samples.rows, pool)
        for (guesses, score) in zip(all, scores) {
            #expect(guesses.count == 4 && guesses[0].cosine == score)
            #expect(abs(guesses.reduce(0) { $0 + $1.confidence } - 1) < 1e-5)
            for (better, worse) in zip(guesses, guesses.dropFirst()) {
                #expect(better.cosine >= worse.cosine)
                let ratio = exponential(30 * Double(worse.cosine - better.cosine))
                #expect(abs(Double(worse.confidence / better.confidence) - ratio) < 1e-4)
            }
        }
        let first = means.guesses(directions, top: 1, pool)
        #expect(first.map { $0[0] } == all.map { $0[0] })
    }

    @Test func fewPhotosAreComparedAsTheyAre() {
        let samples = EmbeddingSamples([3, 1, 2])
        let means = LandmarkMeans(samples.rows, samples.labels, pool)
        #expect(means.whitening == nil)
        let directions = means.directions(samples.rows, pool)
        #expect(EmbeddingSamples.floats(directions) == EmbeddingSamples.floats(samples.rows))
        // A landmark of one photo lies where that photo does.
        #expect(abs(means.scores(EmbeddingBlock(samples.rows, [3]), pool)[0] - 1) < 1e-6)
    }

    @Test func photosThatAreAllEqualTeachNoWhitening() {
        let one = EmbeddingSamples([1, 1])
        let rows = EmbeddingBlock(one.rows, (0..<80).map { $0 % 2 })
        let means = LandmarkMeans(rows, (0..<80).map { Int32($0 % 2) }, pool)
        #expect(means.whitening == nil)
        #expect(means.scores(rows, pool).allSatisfy { abs($0 - 1) < 1e-6 })
    }

    @Test func bitsDoNotDependOnThreadsOrOnWhatElseIsAsked() {
        let samples = EmbeddingSamples([300, 200, 9], width: 70)
        let queries = EmbeddingSamples([400], width: 70, seed: 5)
        let results = [1, 3].map { threads in
            let pool = ThreadPool(threads: threads)
            defer { pool.close() }
            return LandmarkMeans(samples.rows, samples.labels, pool).scores(queries.rows, pool)
        }
        #expect(results[0] == results[1])
        let means = LandmarkMeans(samples.rows, samples.labels, pool)
        let alone = means.scores(EmbeddingBlock(queries.rows, [311]), pool)
        #expect(alone[0] == results[0][311])
    }

    @Test func heldOutPhotosAreScoredByTheOthers() throws {
        let samples = EmbeddingSamples([30, 30, 12, 1])
        let folds = samples.labels.indices.map { $0 % 5 }
        let scores = LandmarkMeans.heldOutScores(samples.rows, samples.labels, folds: folds, pool)
        #expect(scores.last == .some(nil))
        for fold in 0..<5 {
            let rest = folds.indices.filter { folds[$0] != fold }
            let means = LandmarkMeans(
                EmbeddingBlock(samples.rows, rest),
                rest.map { samples.labels[$0] },
                pool
            )
            let own = folds.indices.filter { folds[$0] == fold && samples.labels[$0] < 3 }
            let expected = means.scores(EmbeddingBlock(samples.rows, own), pool)
            #expect(own.map { scores[$0] ?? -2 } == expected)
        }
    }
}
