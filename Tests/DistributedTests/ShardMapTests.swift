import Distributed
import Testing

@Suite struct ShardMapTests {
    @Test func shardsCoverTheBufferOnceInWholeBlocks() {
        for count in [0, 1, 7, 8, 9, 95, 96, 97, 1_000] {
            for ranks in [1, 2, 3, 5, 8] {
                let map = ShardMap(count: count, ranks: ranks, bucket: 96, block: 8)
                var owners = [Int](repeating: 0, count: count)
                for rank in 0..<ranks {
                    var offset = 0
                    for piece in map.pieces(of: rank) {
                        #expect(piece.offset == offset)
                        #expect(piece.range.lowerBound % 8 == 0)
                        #expect(piece.range.upperBound % 8 == 0 || piece.range.upperBound == count)
                        for index in piece.range { owners[index] += 1 }
                        offset += piece.range.count
                    }
                    #expect(offset == map.shardCount(of: rank))
                }
                #expect(owners.allSatisfy { $0 == 1 })
            }
        }
    }

    @Test func oneRankHasOnePiece() {
        let map = ShardMap(count: 1_001, ranks: 1, bucket: 96, block: 8)
        #expect(map.pieces(of: 0) == [ShardPiece(range: 0..<1_001, offset: 0)])
    }

    @Test func moreRanksThanBlocksLeaveEmptyShards() {
        let map = ShardMap(count: 9, ranks: 4, bucket: 96, block: 8)
        #expect((0..<4).map { map.shardCount(of: $0) }.sorted() == [0, 0, 1, 8])
    }

    @Test func bucketsAreAtMost4MiB() {
        let map = ShardMap(count: 143_678_248, ranks: 2)
        #expect(map.buckets.allSatisfy { $0.count * 4 <= 4 << 20 })
        #expect(map.buckets.count == 138)
        #expect(map.buckets.last?.upperBound == 143_678_248)
        let shares = (0..<2).map { map.shardCount(of: $0) }
        #expect(abs(shares[0] - shares[1]) <= map.buckets.count * map.block)
    }

    @Test func clampingKeepsThePlaceInTheShard() {
        let piece = ShardPiece(range: 10..<20, offset: 100)
        #expect(piece.clamped(to: 13..<50) == ShardPiece(range: 13..<20, offset: 103))
        #expect(piece.clamped(to: 0..<12) == ShardPiece(range: 10..<12, offset: 100))
        #expect(piece.clamped(to: 20..<30) == nil)
        #expect(piece.clamped(to: 0..<10) == nil)
    }
}
