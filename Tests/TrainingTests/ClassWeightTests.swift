import Testing
import Training

struct ClassWeightTests {
    @Test func weightsAreInverseFrequenciesOfMeanOne() {
        let labels: [Int32] = [0, 0, 0, 0, 1, 1, 3, -1]
        let weights = classWeights(labels, classes: 4)
        #expect(weights[0] * 2 == weights[1] && weights[1] * 2 == weights[3])
        #expect(weights[2] == 0)
        let sum = labels.filter { $0 >= 0 }.reduce(Float(0)) { $0 + weights[Int($1)] }
        #expect(abs(sum / 7 - 1) < 1e-6)
    }

    @Test func equalClassesWeighOne() {
        #expect(classWeights([0, 1, 2, 2, 1, 0], classes: 3) == [1, 1, 1])
    }
}
