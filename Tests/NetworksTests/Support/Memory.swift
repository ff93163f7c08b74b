import Networks
import Tensors

/// Runs `body` on a tensor of `values` whose memory lasts as long.
func withTensor<R>(_ values: [Float], _ shape: Shape, _ body: (Tensor) -> R) -> R {
    let storage = Storage(values)
    return withExtendedLifetime(storage) { body(storage.tensor(shape)) }
}

extension Model {
    /// The logits of the photos as an array.
    func logits(_ photos: Storage, images: Range<Int>, _ phase: Phase) -> [Float] {
        withExtendedLifetime((self, photos)) {
            let all = photos.tensor(input.with(N: photos.count / input.perImage))
            return forward(all.images(images), phase).toArray()
        }
    }

    /// Computes the gradients for `dlogits`.
    func backward(_ dlogits: [Float], ready: (Range<Int>) -> Void = { _ in }) {
        let shape = output.with(N: dlogits.count / output.C)
        withTensor(dlogits, shape) { backward($0, ready: ready) }
    }
}

/// The first output of a graph of one input for `values`, in evaluation.
func evaluate(_ graph: Graph, _ values: [Float], _ input: Shape) -> [Float] {
    let options = CompilationOptions(.evaluation, pool: ThreadPool(threads: 1))
    let executor = Executor(graph, inputs: [input], options)
    return withExtendedLifetime(executor) {
        withTensor(values, input) { executor.forward([$0], .evaluation)[0].toArray() }
    }
}
