import Distributed
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct ThreadRanksTests {
    private enum Failure: Error, Equatable { case onPurpose(Int) }

    @Test func collectivesReachEveryRank() throws {
        let found = try ThreadRanks.run(3) { communicator -> [[Double]] in
            let rank = communicator.rank
            var told = [UInt8(rank), 7]
            try told.withUnsafeMutableBytes { try communicator.broadcast($0, from: 1) }
            var sums = [1, Double(rank)]
            try communicator.allReduce(&sums)
            let texts = try communicator.allGather([UInt8](repeating: UInt8(rank), count: rank))
            try communicator.barrier()
            return [told.map { Double($0) }, sums, texts.flatMap { $0 }.map { Double($0) }]
        }
        #expect(found == [[[Double]]](repeating: [[1, 7], [3, 3], [1, 2, 2]], count: 3))
    }

    @Test func messagesBetweenTwoRanksMeetInOrder() throws {
        let found = try ThreadRanks.run(2) { communicator -> [Float] in
            let other = 1 - communicator.rank
            let own = Storage([1, 2, 3].map { $0 + 10 * Float(communicator.rank) })
            let received = Storage(count: 3)
            try withExtendedLifetime(own) {
                try communicator.sendReceive(
                    sends: [
                        FloatMessage(peer: other, own.base + 2, 1),
                        FloatMessage(peer: other, own.base, 2),
                    ],
                    receives: [
                        FloatMessage(peer: other, received.base, 1),
                        FloatMessage(peer: other, received.base + 1, 2),
                    ]
                )
            }
            return Array(received.buffer)
        }
        #expect(found == [[13, 11, 12], [3, 1, 2]])
    }

    @Test func aFailingRankEndsTheWaitOfTheOthers() {
        let outcomes = ThreadRanks.outcomes(3) { communicator in
            if communicator.rank == 1 { throw Failure.onPurpose(1) }
            try communicator.barrier()
        }
        #expect(throws: Failure.onPurpose(1)) { try outcomes[1].get() }
        for rank in [0, 2] {
            #expect(throws: DistributedError.rankGone(1, "onPurpose(1)")) {
                try outcomes[rank].get()
            }
        }
        #expect(throws: Failure.onPurpose(2)) {
            try ThreadRanks.run(3) { communicator in
                if communicator.rank == 2 { throw Failure.onPurpose(2) }
                try communicator.barrier()
            }
        }
    }

    @Test func aRankThatReturnsEarlyEndsTheWaitOfTheOthers() {
        #expect(throws: DistributedError.rankGone(0, "it has finished")) {
            try ThreadRanks.run(2) { communicator in
                if communicator.rank == 1 { try communicator.barrier() }
            }
        }
    }

    @Test func aRankThatAbortsEndsTheWaitOfTheOthers() {
        #expect(throws: DistributedError.rankGone(1, "it ended all ranks with exit code 65")) {
            try ThreadRanks.run(2) { communicator in
                if communicator.rank == 1 { communicator.abort(65) }
                try communicator.barrier()
            }
        }
    }

    @Test func aRankThatNeverComesIsGivenUp() {
        #expect(throws: DistributedError.rankGone(0, "nobody came to its barrier for 0.2 s")) {
            try ThreadRanks.run(2, patience: 0.2) { communicator in
                if communicator.rank == 0 {
                    try communicator.barrier()
                } else {
                    Thread.sleep(forTimeInterval: 0.6)
                }
            }
        }
    }

    @Test func unlikeCallsAndSizesAreTold() {
        #expect(throws: DistributedError.mismatch("they called barrier, allReduce")) {
            try ThreadRanks.run(2) { communicator in
                var values = [0.0]
                if communicator.rank == 0 {
                    try communicator.barrier()
                } else {
                    try communicator.allReduce(&values)
                }
            }
        }
        #expect(throws: DistributedError.mismatch("they gave [8, 16] bytes")) {
            try ThreadRanks.run(2) { communicator in
                var values = [Double](repeating: 0, count: communicator.rank + 1)
                try communicator.allReduce(&values)
            }
        }
    }
}
