import Tensors
import Testing

@Suite struct InstructionSetTests {
    @Test func theProcessorsSetsHoldTheBaselineAndTheCurrentOne() {
        #expect(InstructionSet.available.first == .baseline)
        #expect(InstructionSet.available.contains(.current))
        #expect(ThreadPool(threads: 1).instructions == .current)
    }
}
