import Foundation
import Images
import Tensors
import Testing
import Training

struct CalibrationTests {
    private func calibration(
        _ known: [Float],
        _ unknown: [Float],
        _ falsePositives: Double
    ) throws -> Calibration {
        try Calibration(
            known: known,
            unknown: unknown,
            falsePositives: falsePositives,
            photos: 7,
            landmarks: 2
        )
    }

    @Test func letsAtMostThatSharePass() throws {
        let unknown = (0..<20).map { Float($0) / 100 }
        let known = (0..<10).map { Float($0) / 20 }
        let found = try calibration(known, unknown, 0.1)
        #expect(found.accepted == 2)
        #expect(found.names(0.18) && found.names(0.19) && !found.names(0.17))
        #expect(found.rejected == 4)
        #expect(found.known == 10 && found.unknown == 20)
    }

    @Test func equalScoresPassTogetherOrNotAtAll() throws {
        let unknown: [Float] = [0.9, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]
        // Two of ten may pass; the second is one of three that are equal.
        let found = try calibration([0.5, 0.95], unknown, 0.2)
        #expect(found.accepted == 1)
        #expect(!found.names(0.5) && found.names(Float(0.5).nextUp))
        #expect(found.rejected == 1)
        #expect(try calibration([1], unknown, 0.4).accepted == 4)
        // 0.3 · 10 is a little below 3 in binary.
        #expect(try calibration([1], [5, 4, 3, 2, 1, 0, -1, -2, -3, -4], 0.3).accepted == 3)
    }

    @Test func noneMayPass() throws {
        for share in [0, 0.09] {
            let found = try calibration([1, 2], (0..<10).map { Float($0) / 10 }, share)
            #expect(found.accepted == 0 && found.threshold > 0.9 && found.rejected == 0)
        }
    }

    @Test func refusesWhatCannotBeJudged() {
        #expect(throws: TrainingError.self) { try calibration([], [1], 0.1) }
        #expect(throws: TrainingError.self) { try calibration([1], [], 0.1) }
        #expect(throws: TrainingError.self) { try calibration([.nan], [1], 0.1) }
    }

    @Test func areaIsTheShareOfPairs() {
        var random = Random(seed: 4, .test)
        for _ in 0..<20 {
            let a = (0..<13).map { _ in Float(random.integer(below: 8)) }
            let b = (0..<17).map { _ in Float(random.integer(below: 8)) }
            var pairs = 0.0
            for x in a { for y in b { pairs += x > y ? 1 : x == y ? 0.5 : 0 } }
            #expect(abs(areaUnderROC(a, b) - pairs / Double(a.count * b.count)) < 1e-12)
        }
        #expect(areaUnderROC([2, 3], [0, 1]) == 1)
        #expect(areaUnderROC([1], [1]) == 0.5)
    }

    @Test func intervalsAreWilsons() {
        // Values of R's binom::binom.confint(method = "wilson").
        let none = shareInterval(0, of: 10)
        #expect(none.lowerBound == 0 && abs(none.upperBound - 0.2775) < 1e-4)
        let half = shareInterval(5, of: 10)
        #expect(abs(half.lowerBound - 0.2366) < 1e-4 && abs(half.upperBound - 0.7634) < 1e-4)
        #expect(abs(shareInterval(10, of: 10).lowerBound - 0.7225) < 1e-4)
    }

    @Test func isKeptInAFile() throws {
        let pool = ThreadPool(threads: 1)
        defer { pool.close() }
        let folder = try TemporaryFolder()
        let samples = EmbeddingSamples([40, 30, 20])
        let found = try calibration([0.3, 0.123_456_79], [0.1, 0.2], 0.05)
        for labels in [samples.labels, samples.labels.map { $0 == 2 ? -1 : $0 * 3 }] {
            let means = LandmarkMeans(samples.rows, labels, pool)
            let path = folder.file("threshold.safetensors")
            let classes = ClassIndex(folders: ["a", "b", "c"])
            try CalibratedNetwork(EmbeddingSamples.network(), classes, means, found).write(to: path)
            let read = try CalibratedNetwork(path)
            #expect(read.calibration == found)
            #expect(read.network == EmbeddingSamples.network())
            #expect(read.means.labels == means.labels)
            #expect(read.holds(for: classes))
            #expect(!read.holds(for: ClassIndex(folders: ["a", "b", "d"])))
            #expect(read.means.scores(samples.rows, pool) == means.scores(samples.rows, pool))
        }
        let whole = try folder.bytes("threshold.safetensors")
        for length in [0, 100, whole.count / 2, whole.count - 1] {
            let cut = try folder.write("cut.safetensors", Array(whole.prefix(length)))
            #expect(throws: TrainingError.self) { try CalibratedNetwork(cut) }
        }
    }

    @Test func liesBesideItsWeights() {
        let name = CalibratedNetwork.path(forWeights: "a.b/weights.PTH")
        #expect(name == "a.b/weights.calibration.safetensors")
        #expect(CalibratedNetwork.path(forWeights: "weights") == "weights.calibration.safetensors")
    }
}
