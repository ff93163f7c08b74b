/// Tasks for pieces of about equal work, of which the last one of each thread is cut into halves or finer, so that no thread
/// waits long for the one that took the last piece, and few pieces still give work to all threads.
///
/// How pieces are cut depends on the threads: for results alone that do not depend on the cut.
struct TaperedTasks {
    /// Pieces one behind the other, or a part of one.
    struct Task: Equatable {
        var pieces: Range<Int>
        var part = 0
        var parts = 1
    }

    /// What threads take one after another.
    let tasks: [Task]

    /// - Parameters:
    ///   - pieces: their number.
    ///   - grain: pieces that a thread takes in turn, at least 1.
    ///   - finest: parts that a piece can be cut into; 1 = pieces stay whole.
    ///   - threads: those of the pool.
    init(pieces: Int, grain: Int = 1, finest: Int, threads: Int) {
        let runs = (pieces + grain - 1) / grain
        let cut = threads > 1 ? min(runs, threads) : 0
        let whole = (runs - cut) * grain
        let wanted = (2 * threads + cut - 1) / max(cut, 1)
        let parts = grain > 1 ? 1 : max(1, min(finest, wanted))
        let begin = stride(from: 0, to: whole, by: grain).map {
            Task(pieces: $0..<min(pieces, $0 + grain))
        }
        let end = (min(whole, pieces)..<pieces).flatMap { piece in
            (0..<parts).map { Task(pieces: piece..<piece + 1, part: $0, parts: parts) }
        }
        tasks = begin + end
    }
}

extension TaperedTasks.Task {
    /// The task's share of `range`, which its piece consists of; as equal as can be.
    func share(of range: Range<Int>) -> Range<Int> {
        let first = range.lowerBound
        return first + part * range.count / parts..<first + (part + 1) * range.count / parts
    }
}
