import Images
import Tensors
import Testing

@Suite struct SplitTests {
    private let sizes = [1, 2, 3, 5, 10, 40, 200, 1, 1]

    private func labels() -> [Int32] {
        var labels = sizes.enumerated().flatMap { [Int32](repeating: Int32($0), count: $1) }
        var random = Random(seed: 4, .test)
        random.shuffle(&labels)
        return labels
    }

    private func counts(_ photos: [UInt32], _ labels: [Int32]) -> [Int] {
        var counts = [Int](repeating: 0, count: sizes.count)
        for photo in photos { counts[Int(labels[Int(photo)])] += 1 }
        return counts
    }

    @Test func everyPhotoIsOnOneSideAndEachClassKeepsOne() throws {
        let labels = labels()
        let classes = ClassIndex(fitting: sizes.indices.map(Int64.init))
        for share in [0, 0.2, 0.5, 0.999] {
            let split = try Split(labels: labels, classes: classes, share: share, seed: 5)
            #expect((split.training + split.held).sorted() == labels.indices.map(UInt32.init))
            #expect(split.training == split.training.sorted())
            #expect(split.held == split.held.sorted())
            #expect(counts(split.training, labels).allSatisfy { $0 >= 1 })
            for (held, size) in zip(counts(split.held, labels), sizes) {
                let exact = share * Double(size)
                #expect(held == min(size - 1, Int(exact)) || held == min(size - 1, Int(exact) + 1))
            }
        }
    }

    @Test func theShareHoldsOverManySmallClasses() throws {
        let classes = ClassIndex(fitting: (0..<3_000).map(Int64.init))
        let labels = (0..<9_000).map { Int32($0 / 3) }
        let split = try Split(labels: labels, classes: classes, share: 0.2, seed: 1)
        // 3,000 classes with 0.6 held-out photos each: mean 1,800, standard deviation 27.
        #expect(abs(split.held.count - 1_800) < 135)
    }

    @Test func aClassIsSplitTheSameWayWhateverTheOthersAre() throws {
        let few = ClassIndex(fitting: [3, 8])
        let many = ClassIndex(fitting: [1, 3, 8])
        let first = try Split(
            labels: (0..<100).map { Int32($0 % 2) },
            classes: few,
            share: 0.3,
            seed: 2
        )
        let second = try Split(
            labels: (0..<100).map { Int32($0 % 2 + 1) } + [0, 0, 0, 0],
            classes: many,
            share: 0.3,
            seed: 2
        )
        #expect(first.held == second.held.filter { $0 < 100 })
        let other = try Split(
            labels: (0..<100).map { Int32($0 % 2) },
            classes: few,
            share: 0.3,
            seed: 3
        )
        #expect(first.held != other.held)
    }

    @Test(arguments: [-0.1, 1, 7, Double.nan])
    func sharesThatCannotBeAreRefused(share: Double) {
        #expect(throws: ImagesError.self) {
            try Split(labels: [0, 1], classes: ClassIndex(fitting: [0, 1]), share: share, seed: 0)
        }
    }
}
