import Foundation
import Tensors
import Testing

@Suite struct MeasuringTests {
    @Test func timingsAreOrdered() {
        let odd = Timing([3, 1, 2, 9, 4])
        #expect(odd.minimum == 1 && odd.median == 3 && odd.maximum == 9)
        #expect(Timing([4, 1, 2, 9]).median == 3)
        let one = Timing([2])
        #expect(one.minimum == 2 && one.median == 2 && one.maximum == 2)
    }

    @Test func aRateIsSmallestWhereTheTimeIsLargest() {
        let rate = Timing([2, 4, 8]).rate(of: 16)
        #expect(rate.minimum == 2 && rate.median == 4 && rate.maximum == 8)
    }

    @Test func timingsAreWrittenByTheirNames() throws {
        let timing = Timing([1, 2, 4])
        let json = try JSONEncoder().encode(timing)
        let object = try JSONDecoder().decode([String: Double].self, from: json)
        #expect(object == ["minimum": 1, "median": 2, "maximum": 4])
        #expect(try JSONDecoder().decode(Timing.self, from: json) == timing)
    }

    @Test func errorsOfWhatIsMeasuredComeThrough() {
        #expect(throws: CancellationError.self) { try measureSeconds { throw CancellationError() } }
    }

    @Test func everyInstructionSetHasAPeak() {
        for set in InstructionSet.available {
            let pool = ThreadPool(threads: 2, instructions: set)
            let peak = multiplierPeak(pool, repetitions: 1)
            #expect(peak > 0 && peak.isFinite, "\(set)")
        }
    }

    @Test func thisProcessHasMemory() {
        let before = peakResidentBytes()
        let room = Storage(count: 1 << 24)
        #expect(peakResidentBytes() >= before && peakResidentBytes() >= room.count * 4)
    }
}
