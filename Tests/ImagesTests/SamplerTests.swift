import Images
import Testing

@Suite struct SamplerTests {
    private func sampler(
        _ labels: [Int32],
        batch: Int = 8,
        dropLast: Bool = false,
        balanced: Bool = false
    ) -> Sampler {
        Sampler(
            labels: labels,
            classes: 3,
            batch: batch,
            dropLast: dropLast,
            balanced: balanced,
            seed: 4
        )
    }

    @Test func everyPhotoOncePerEpoch() {
        let sampler = sampler([Int32](repeating: 0, count: 1001))
        let first = sampler.order(epoch: 0)
        let second = sampler.order(epoch: 1)
        #expect(first.sorted() == (0..<1001).map { UInt32($0) })
        #expect(second.sorted() == first.sorted())
        #expect(first != second)
        #expect(first == sampler.order(epoch: 0))
    }

    @Test(arguments: [(20, 8, 3, 2), (16, 8, 2, 2), (5, 8, 1, 0), (0, 8, 0, 0)])
    func batchesTileTheEpoch(count: Int, batch: Int, kept: Int, dropped: Int) {
        let labels = [Int32](repeating: 0, count: count)
        let all = sampler(labels, batch: batch)
        #expect(all.stepsPerEpoch == kept)
        #expect(sampler(labels, batch: batch, dropLast: true).stepsPerEpoch == dropped)
        #expect((0..<kept).flatMap { Array(all.batch(step: $0)) } == Array(0..<count))
    }

    @Test func balancedDrawsClassesAlike() {
        let labels =
            [Int32](repeating: 0, count: 9_000) + [Int32](repeating: 1, count: 900)
            + [Int32](repeating: 2, count: 90) + [-1, -1]
        let sampler = sampler(labels, balanced: true)
        let order = sampler.order(epoch: 2)
        #expect(order.count == labels.count)
        var counts = [Int](repeating: 0, count: 3)
        for photo in order {
            let label = Int(labels[Int(photo)])
            #expect(label >= 0)
            counts[label] += 1
        }
        #expect(counts.allSatisfy { abs($0 - order.count / 3) < 250 })
        #expect(order == sampler.order(epoch: 2))
        #expect(order != sampler.order(epoch: 3))
    }

    @Test(arguments: [(64, 8), (61, 8), (3, 8), (0, 2)])
    func slicesTileTheBatch(count: Int, slices: Int) {
        let parts = (0..<slices).map {
            Sampler.slicePositions(slice: $0, slices: slices, count: count)
        }
        #expect(parts.flatMap { Array($0) } == Array(0..<count))
        #expect(parts.allSatisfy { $0.count <= (count + slices - 1) / slices })
    }
}
