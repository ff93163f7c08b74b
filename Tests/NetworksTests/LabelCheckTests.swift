import Networks
import Tensors
import Testing

/// A label beyond the classes ends the program, in the release build too.
struct LabelCheckTests {
    @Test func labelsBeyondTheClasses() async {
        await #expect(processExitsWith: .failure) {
            let logits = Storage(count: 6)
            _ = softmaxCrossEntropy(
                logits: logits.tensor(Shape(N: 2, C: 3)),
                labels: [0, 3],
                weights: [1, 1],
                classWeights: nil,
                smoothing: 0,
                scale: 1,
                dlogits: nil,
                losses: nil
            )
        }
    }
}
