import Distributed
import TestSupport
import Testing
import Training

struct AgreementTests {
    private struct Odd: Error, CustomStringConvertible {
        var description: String { "something odd" }
    }

    @Test func allGoOnWhereAllSucceed() throws {
        let values = try ThreadRanks.run(3) { communicator in
            try communicator.together { communicator.rank * 2 }
        }
        #expect(values == [0, 2, 4])
    }

    @Test func allHearTheLowestRankThatFails() {
        let outcomes = ThreadRanks.outcomes(4) { communicator in
            try communicator.together {
                if communicator.rank == 2 { throw TrainingError.files("no room on a disk") }
                if communicator.rank == 3 { throw Odd() }
            }
        }
        #expect(outcomes.count == 4)
        for outcome in outcomes {
            #expect(throws: TrainingError.rank(2, code: 74, "no room on a disk")) {
                try outcome.get()
            }
        }
    }

    @Test func unknownErrorsHaveACodeToo() {
        let outcomes = ThreadRanks.outcomes(2) { communicator in
            try communicator.together { if communicator.rank == 1 { throw Odd() } }
        }
        for outcome in outcomes {
            #expect(throws: TrainingError.rank(1, code: 70, "something odd")) {
                try outcome.get()
            }
        }
    }
}
