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

    private func identities(_ count: Int) -> [ContentHash] {
        (0..<count).map { ContentHash("photo \($0)") }
    }

    private func counts(_ photos: [UInt32], _ labels: [Int32], _ classes: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: classes)
        for photo in photos { counts[Int(labels[Int(photo)])] += 1 }
        return counts
    }

    @Test(arguments: [0, 0.2, 0.5, 0.999])
    func everyPhotoIsOnOneSideAndEachClassKeepsOne(share: Double) throws {
        let labels = labels()
        let split = try Split(
            labels: labels,
            identities: identities(labels.count),
            classes: sizes.count,
            share: share,
            seed: 5
        )
        #expect((split.training + split.held).sorted() == labels.indices.map(UInt32.init))
        #expect(split.training == split.training.sorted())
        #expect(split.held == split.held.sorted())
        #expect(counts(split.training, labels, sizes.count).allSatisfy { $0 >= 1 })
        #expect(split.held.isEmpty == (share == 0))
    }

    @Test func theShareHoldsOverManyPhotos() throws {
        let labels = (0..<9_000).map { Int32($0 / 3) }
        let split = try Split(
            labels: labels,
            identities: identities(9_000),
            classes: 3_000,
            share: 0.2,
            seed: 1
        )
        // 1,800 less one in each of the classes that would have none left, 24 of 3,000.
        #expect(abs(split.held.count - 1_776) < 150)
    }

    @Test func aPhotoDoesNotMoveWhenOthersComeOrTheirOrderChanges() throws {
        let labels = (0..<100).map { Int32($0 % 2) }
        let identities = identities(140)
        func held(_ order: [Int], seed: UInt64 = 2) throws -> Set<ContentHash> {
            let split = try Split(
                labels: order.map { $0 < 100 ? labels[$0] : 2 },
                identities: order.map { identities[$0] },
                classes: 3,
                share: 0.3,
                seed: seed
            )
            return Set(split.held.map { identities[order[Int($0)]] })
        }
        let first = try held(Array(0..<100))
        #expect(try held(Array(0..<100).reversed()) == first)
        let grown = try held(Array(100..<140) + Array(0..<100))
        #expect(grown.isSuperset(of: first))
        #expect(grown.subtracting(first).isSubset(of: identities[100...]))
        #expect(try held(Array(0..<100), seed: 3) != first)
    }

    @Test func copiesStayOnOneSide() throws {
        // Each photo three times, under two classes at times.
        let identities = (0..<300).map { ContentHash("photo \($0 / 3)") }
        let labels = (0..<300).map { Int32($0 % 7) }
        let split = try Split(
            labels: labels,
            identities: identities,
            classes: 7,
            share: 0.4,
            seed: 8
        )
        let held = Set(split.held.map { identities[Int($0)] })
        #expect(split.held.count == 3 * held.count)
        #expect(held.count > 20 && held.count < 60)
    }

    @Test func aClassOfCopiesAloneIsLearnedFrom() throws {
        let identities = Array(repeating: ContentHash("one"), count: 4) + [ContentHash("two")]
        for seed in 0..<20 as Range<UInt64> {
            let split = try Split(
                labels: [0, 0, 0, 1, 1],
                identities: identities,
                classes: 2,
                share: 0.9,
                seed: seed
            )
            #expect(split.training.prefix(4) == [0, 1, 2, 3])
        }
    }

    @Test func somethingIsHeldOutWhereItCanBe() throws {
        for seed in 0..<50 as Range<UInt64> {
            let split = try Split(
                labels: [0, 0, 1],
                identities: identities(3),
                classes: 2,
                share: 0.01,
                seed: seed
            )
            #expect(split.held.count == 1 && split.held[0] < 2)
        }
        let alone = try Split(
            labels: [0, 1],
            identities: identities(2),
            classes: 2,
            share: 0.5,
            seed: 0
        )
        #expect(alone.held.isEmpty)
    }

    @Test(arguments: [-0.1, 1, 7, Double.nan])
    func sharesThatCannotBeAreRefused(share: Double) {
        #expect(throws: ImagesError.self) {
            try Split(
                labels: [0, 1],
                identities: identities(2),
                classes: 2,
                share: share,
                seed: 0
            )
        }
    }
}
