import Networks
import Tensors
import Testing

@Suite struct LayerBenchmarkTests {
    @Test func everyLayerIsMeasured() throws {
        let description = ModelDescription(architecture: .resnet18, classes: 5, imageSize: 32)
        let pool = ThreadPool(threads: 1)
        var told: [String] = []
        let found = LayerBenchmark(description, batch: 2, repetitions: 1, pool: pool) {
            told.append($0)
        }
        let summary = description.summary(pool: pool)
        #expect(found.layers.map(\.name) == summary.rows.map(\.name))
        #expect(told == found.layers.map(\.name))
        #expect(found.layers.reduce(0) { $0 + $1.operations } == 2 * summary.multiplyAdds)
        let first = try #require(found.layers.first)
        #expect(first.backwardData == nil && first.backwardWeights != nil)
        #expect(first.flops == 4 * Double(first.operations))
        #expect(first.bytes == 2 * 4 * (32 * 32 * 3 + 16 * 16 * 64))
        #expect(first.traffic == 2 * Double(first.bytes))
        #expect(found.memoryGigabytes > 0 && found.memoryGigabytes.isFinite)
        for row in found.layers.dropFirst() {
            #expect(row.backwardData != nil)
            #expect((row.backwardWeights != nil) == (row.operations > 0), "\(row.name)")
            #expect((row.algorithm != nil) == row.kind.hasPrefix("convolution"), "\(row.name)")
        }
    }
}
