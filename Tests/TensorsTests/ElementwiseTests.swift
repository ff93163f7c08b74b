import Tensors
import Testing

@Suite struct ElementwiseTests {
    @Test(arguments: [0, 1, 17, 200_003], InstructionSet.available)
    func flatLoopsReachEveryElementOnce(_ count: Int, _ instructions: InstructionSet) {
        let pool = ThreadPool(threads: 2, instructions: instructions)
        let (a, b) = (noise(count + 1, seed: 1), noise(count + 1, seed: 2))
        let guardValue = a.base[count]
        let original = Array(a.buffer)
        addFloats(a.base, b.base, count, pool)
        #expect((0..<count).allSatisfy { a.base[$0] == original[$0] + b.base[$0] })
        copyFloats(a.base, b.base, count, pool)
        #expect((0..<count).allSatisfy { a.base[$0] == b.base[$0] })
        fillZero(a.base, count, pool)
        #expect((0..<count).allSatisfy { a.base[$0] == 0 })
        emaUpdate(a.base, b.base, count, decay: 0.75)
        #expect((0..<count).allSatisfy { a.base[$0] == 0.25 * b.base[$0] })
        emaUpdate(a.base, b.base, count, decay: 0.5)
        #expect((0..<count).allSatisfy { abs(a.base[$0] - 0.625 * b.base[$0]) < 1e-6 })
        #expect(a.base[count] == guardValue)
    }

    @Test(arguments: [0, 1, 7, 1000])
    func sumOfSquaresIsDouble(_ count: Int) {
        let x = noise(count, seed: 1)
        let expected = x.buffer.reduce(0.0) { $0 + Double($1) * Double($1) }
        #expect(abs(sumOfSquares(x.base, count) - expected) <= 1e-12 * expected)
    }

    @Test func dropoutDependsOnThePositionAlone() {
        let pool = ThreadPool(threads: 2)
        let shape = Shape(N: 4, C: 5000)
        let x = Storage([Float](repeating: 1, count: shape.count))
        let whole = Storage(count: shape.count)
        let last = Storage(count: shape.perImage)
        let drop = { (from: Tensor, to: Tensor, position: Int, step: UInt64) in
            dropoutApply(
                from,
                to,
                rate: 0.25,
                seed: 7,
                stepAndLayer: step,
                firstPosition: position,
                pool
            )
        }
        drop(x.tensor(shape), whole.tensor(shape), 10, 3)
        drop(x.tensor(shape.with(N: 1)), last.tensor(shape.with(N: 1)), 13, 3)
        #expect(bits(last.buffer) == Array(bits(whole.buffer).suffix(5000)))
        let dropped = whole.buffer.filter { $0 == 0 }.count
        #expect(abs(Double(dropped) / 20_000 - 0.25) < 0.01)
        #expect(whole.buffer.allSatisfy { $0 == 0 || abs($0 - 4 / 3) < 1e-6 })
        let other = Storage(count: shape.perImage)
        drop(x.tensor(shape.with(N: 1)), other.tensor(shape.with(N: 1)), 13, 4)
        #expect(bits(other.buffer) != bits(last.buffer))
    }
}
