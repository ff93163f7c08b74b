/// Places buffers in one area so that those which live at the same time never overlap.
///
/// Buffers are placed from the largest to the smallest, each in the lowest gap that its
/// contemporaries leave (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net
/// Inference", 2020, greedy by size).
public struct LifetimePlan: Sendable {
    /// A buffer and the first and last moment at which its contents matter.
    public struct Buffer: Sendable {
        /// Floats.
        public let count: Int
        /// When it is written first.
        public let first: Int
        /// When it is read last.
        public internal(set) var last: Int
    }

    /// All buffers in the order in which they were added.
    public private(set) var buffers: [Buffer] = []

    /// An empty plan.
    public init() {}

    /// Adds a buffer of `count` floats that is needed from `first` to `last`, both included.
    ///
    /// - Returns: its number.
    public mutating func add(count: Int, from first: Int, to last: Int) -> Int {
        buffers.append(Buffer(count: count, first: first, last: max(first, last)))
        return buffers.count - 1
    }

    /// Lets a buffer live at least until `time`.
    public mutating func extend(_ buffer: Int, to time: Int) {
        buffers[buffer].last = max(buffers[buffer].last, time)
    }

    /// Where each buffer begins, on a cache line, and the size of the whole area in floats.
    public func place() -> (offsets: [Int], count: Int) {
        var offsets = Array(repeating: 0, count: buffers.count)
        var placed: [Int] = []
        var total = 0
        let order = buffers.indices.sorted {
            (buffers[$1].count, $0) < (buffers[$0].count, $1)
        }
        for index in order {
            let buffer = buffers[index]
            var offset = 0
            // `placed` is in order of offsets, so the first gap found is the lowest.
            for other in placed where overlap(buffer, buffers[other]) {
                if offset + buffer.count <= offsets[other] { break }
                offset = max(offset, roundedUp(offsets[other] + buffers[other].count))
            }
            offsets[index] = offset
            total = max(total, offset + buffer.count)
            let place = placed.firstIndex { offsets[$0] > offset } ?? placed.count
            placed.insert(index, at: place)
        }
        return (offsets, total)
    }

    private func overlap(_ a: Buffer, _ b: Buffer) -> Bool {
        a.first <= b.last && b.first <= a.last
    }

    private func roundedUp(_ count: Int) -> Int { (count + 15) / 16 * 16 }
}
