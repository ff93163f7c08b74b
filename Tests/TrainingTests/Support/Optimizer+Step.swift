import Tensors
import Training

extension Optimizer {
    /// Makes a step.
    ///
    /// - Parameters:
    ///   - values: the flat buffer of values, whole.
    ///   - gradients: laid out like the values.
    ///   - blocks: this rank's elements, in pieces for one thread each.
    ///   - gradientScale: multiplies each gradient first.
    func step(
        values: UnsafeMutablePointer<Float>,
        gradients: UnsafePointer<Float>,
        blocks: [UpdateBlock],
        learningRate: Float,
        gradientScale: Float,
        pool: ThreadPool
    ) {
        let rule = begin(learningRate: learningRate, gradientScale: gradientScale)
        pool.parallelFor(blocks.count) { task, _ in
            let block = blocks[task]
            rule(block, values + block.range.lowerBound, gradients + block.range.lowerBound)
        }
    }
}
