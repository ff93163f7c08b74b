import Distributed
import Images
import Networks
import Tensors

/// The parts that a step is made of.
extension TrainingStep {
    /// A slice, and where its photos lie among this rank's.
    private typealias Slice = (number: Int, photos: Range<Int>)

    /// The slices `numbers` of this rank.
    private func own(_ parts: [Range<Int>], _ numbers: Range<Int>) -> [Slice] {
        let first = parts[tree.slices(of: communicator.rank).lowerBound].lowerBound
        return numbers.map {
            ($0, parts[$0].lowerBound - first..<parts[$0].upperBound - first)
        }
    }

    /// What the passes of a step work on.
    struct Batch {
        let step: Int
        let photos: LoadedBatch
        let parts: [Range<Int>]
        let scale: Float
    }

    /// Computes the loss of the slices `numbers`, whose gradient comes where the accumulator wants it.
    ///
    /// - Returns: ∂loss/∂logits for `backward`; nil where the slices have no photos and no gradient.
    func forward(
        _ numbers: Range<Int>,
        _ batch: Batch,
        _ sums: inout SliceSums,
        _ spent: inout StepParts
    ) -> Tensor? {
        let (photos, parts) = (batch.photos, batch.parts)
        let slices = own(parts, numbers)
        let target = accumulator.begin()
        model.store.writeGradients(to: target)
        let begin = slices.first?.photos.lowerBound ?? 0
        let range = begin..<(slices.last?.photos.upperBound ?? begin)
        guard !range.isEmpty else {
            fillZero(target.base, target.count, pool)
            return nil
        }
        let context = TrainingContext(
            seed: seed,
            step: UInt64(batch.step),
            firstPosition: slices.first.map { parts[$0.number].lowerBound } ?? 0,
            slices: slices.map {
                TrainingContext.Slice(
                    images: $0.photos.lowerBound - begin..<$0.photos.upperBound - begin,
                    statisticsWeight: Float($0.photos.count) / Float(parts.last?.upperBound ?? 1)
                )
            }
        )
        let dy = dlogits.tensor(model.output.with(N: range.count))
        spent.forward += measureSeconds {
            let logits = model.forward(photos.images.images(range), .training(context))
            for ((number, photosOfSlice), images) in zip(slices, context.slices.images) {
                let sum = loss(
                    logits.images(images),
                    photos,
                    photosOfSlice,
                    scale: batch.scale,
                    dlogits: dy.images(images)
                )
                sums.set(number, sum)
            }
        }
        return dy
    }

    /// Computes the gradient of what `forward` went through and adds it to those before.
    func backward(
        _ dy: Tensor?,
        _ spent: inout StepParts,
        ready: (Range<Int>) -> Void = { _ in }
    ) {
        spent.backward += measureSeconds {
            if let dy { model.backward(dy, ready: ready) }
            accumulator.add()
        }
    }

    /// Adds up what all ranks found; an end to numbers that have grown beyond bounds, before they come
    /// to the weights.
    ///
    /// - Returns: whether a rank left its passes, or is about to leave; what was computed is dropped then.
    func share(
        _ sums: inout SliceSums,
        _ batch: Batch,
        _ spent: inout StepParts
    ) throws -> Departure {
        var departure = Departure(interruption?.reason ?? 0)
        spent.exchange += try measureSeconds {
            departure = try sums.share(communicator, departure)
        }
        guard !departure.isWanted else { return departure }
        guard (sums.loss * Double(batch.scale)).isFinite else {
            throw TrainingError.diverged(atStep: batch.step + 1)
        }
        return departure
    }

    /// What this rank tells the others before a step.
    func facts(_ loaded: Result<LoadedBatch?, any Error>, _ parts: [Range<Int>]) -> StepFacts {
        var facts = StepFacts(slices: parts.count, Departure(interruption?.reason ?? 0))
        switch loaded {
        case .failure: facts.failures = 1
        case .success(let photos?):
            for slice in own(parts, tree.slices(of: communicator.rank)) {
                facts.weights[slice.number] = loss.weight(of: photos, slice.photos)
            }
            facts.badPlaces = Double(photos.badPlaces)
            facts.blanks = Double(photos.blanks)
        case .success(nil): break
        }
        return facts
    }
}
