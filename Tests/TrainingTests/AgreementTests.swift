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

    @Test func rankZeroGivesItsValueToAll() throws {
        let values = try ThreadRanks.run(3) { communicator in
            try communicator.fromRoot { Int?.some(communicator.rank + 7) }
        }
        #expect(values == [7, 7, 7])
        #expect(throws: TrainingError.rank(0, code: 74, "no such file")) {
            _ = try ThreadRanks.run(2) { communicator in
                try communicator.fromRoot { () -> String in
                    throw TrainingError.files("no such file")
                }
            }
        }
    }

    @Test func valuesOfAllRanksAreGatheredAsTheyAre() throws {
        struct Value: Codable, Sendable, Equatable {
            var numbers: [Double]
            var text: String?
        }
        @Sendable func value(_ rank: Int) -> Value {
            Value(
                numbers: [0.1 + Double(rank), .infinity, -0.0, .leastNonzeroMagnitude],
                text: rank == 1 ? nil : "\"ä\u{0}\n"
            )
        }
        let gathered = try ThreadRanks.run(3) { try $0.gather(value($0.rank)) }
        #expect(gathered == Array(repeating: (0..<3).map(value), count: 3))
    }

    @Test func aValueThatCannotBeSentIsAnErrorOfAll() {
        struct Stubborn: Codable, Sendable {
            func encode(to encoder: any Encoder) throws { throw Odd() }
        }
        for outcome in ThreadRanks.outcomes(3, { try $0.gather($0.rank == 2 ? Stubborn() : nil) }) {
            #expect(throws: DistributedError.self) { try outcome.get() }
        }
    }

    @Test func communicatingInsideABodyThatRunsTogetherTraps() async {
        await #expect(processExitsWith: .failure) {
            _ = try ThreadRanks.run(2) { communicator in
                try communicator.together { try communicator.barrier() }
            }
        }
        await #expect(processExitsWith: .failure) {
            let alone = SoloCommunicator()
            try alone.together { _ = try alone.gather(1) }
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
