import Tensors

extension ParameterStore {
    /// The elements of a parameter in PyTorch's order: O, I, KH, KW for a convolution.
    ///
    /// - Parameter from: a flat buffer laid out like `values`; nil = the values.
    public func read(_ parameter: Parameter, from: UnsafePointer<Float>? = nil) -> [Float] {
        read(parameter, rows: 0..<(parameter.shape.first ?? 1), from: from)
    }

    /// The elements of a parameter in PyTorch's order, a piece at a time, in memory that is used again: of a
    /// checkpoint that a stop waits for, this is the most work.
    ///
    /// - Parameters:
    ///   - from: a flat buffer laid out like `values`; nil = the values.
    ///   - body: called with pieces of at most a million elements, or of one output's, which are good until
    ///     it returns.
    public func readPieces(
        _ parameter: Parameter,
        from: UnsafePointer<Float>? = nil,
        _ body: (UnsafeBufferPointer<Float>) throws -> Void
    ) rethrows {
        let outputs = parameter.shape.first ?? 1
        let rows = max(1, (1 << 20) * outputs / max(parameter.range.count, 1))
        let row = parameter.range.count / max(outputs, 1)
        let staging = parameter.planes > 1 ? Storage(count: min(rows, outputs) * row) : nil
        for first in stride(from: 0, to: outputs, by: rows) {
            let piece = first..<min(first + rows, outputs)
            let memory = memory(parameter, rows: piece, from: from)
            guard let staging, let source = memory.baseAddress else {
                try body(memory)
                continue
            }
            order(parameter, rows: piece.count, source, into: staging.base)
            try body(UnsafeBufferPointer(start: staging.base, count: memory.count))
        }
    }

    /// The elements of some outputs.
    private func read(_ parameter: Parameter, rows: Range<Int>, from: UnsafePointer<Float>?)
        -> [Float]
    {
        let memory = memory(parameter, rows: rows, from: from)
        guard parameter.planes > 1, let source = memory.baseAddress else { return Array(memory) }
        return Array(unsafeUninitializedCapacity: memory.count) { result, count in
            guard let target = result.baseAddress else { return }
            order(parameter, rows: rows.count, source, into: target)
            count = memory.count
        }
    }

    /// The elements of some outputs as they lie.
    private func memory(
        _ parameter: Parameter,
        rows: Range<Int>,
        from: UnsafePointer<Float>?
    ) -> UnsafeBufferPointer<Float> {
        let base = from ?? UnsafePointer(values.base)
        let row = parameter.range.count / max(parameter.shape.first ?? 1, 1)
        return UnsafeBufferPointer(
            start: base + parameter.range.lowerBound + rows.lowerBound * row,
            count: rows.count * row
        )
    }

    /// Brings the elements of `rows` outputs from the order of memory, [O][P][C], into PyTorch's, [O][C][P].
    private func order(
        _ parameter: Parameter,
        rows: Int,
        _ source: UnsafePointer<Float>,
        into target: UnsafeMutablePointer<Float>
    ) {
        let row = parameter.range.count / max(parameter.shape.first ?? 1, 1)
        let (planes, channels) = (parameter.planes, row / parameter.planes)
        pool.parallelRanges(rows, grain: max(1, (1 << 16) / max(row, 1))) { part, _ in
            for output in part {
                let (to, from) = (target + output * row, source + output * row)
                for c in 0..<channels {
                    for p in 0..<planes { to[c * planes + p] = from[p * channels + c] }
                }
            }
        }
    }

    /// Sets a parameter from its elements in PyTorch's order.
    ///
    /// - Parameter to: a flat buffer laid out like `values`; nil = the values.
    public func write(
        _ parameter: Parameter,
        _ elements: [Float],
        to: UnsafeMutablePointer<Float>? = nil
    ) {
        precondition(
            elements.count == parameter.range.count,
            "\(parameter.name) has \(parameter.range.count) elements, not \(elements.count)"
        )
        let memory = UnsafeMutableBufferPointer(
            start: (to ?? values.base) + parameter.range.lowerBound,
            count: parameter.range.count
        )
        guard parameter.planes > 1 else {
            _ = memory.update(from: elements)
            return
        }
        for place in places(parameter, count: memory.count) {
            memory[place.memory] = elements[place.torch]
        }
    }

    /// Pairs of equal elements: memory holds [O][P][C], PyTorch [O][C][P].
    private func places(_ parameter: Parameter, count: Int) -> PlaceSequence {
        PlaceSequence(
            planes: parameter.planes,
            channels: parameter.range.count / parameter.shape[0] / parameter.planes,
            count: count
        )
    }
}

/// Positions in memory and in PyTorch's order, in the order of memory.
private struct PlaceSequence: Sequence, IteratorProtocol {
    let planes: Int
    let channels: Int
    let count: Int
    private var memory = 0
    private var first = 0
    private var plane = 0
    private var channel = 0

    init(planes: Int, channels: Int, count: Int) {
        self.planes = planes
        self.channels = channels
        self.count = count
    }

    mutating func next() -> (memory: Int, torch: Int)? {
        guard memory < count else { return nil }
        defer { advance() }
        return (memory, first + channel * planes + plane)
    }

    private mutating func advance() {
        memory += 1
        channel += 1
        guard channel == channels else { return }
        channel = 0
        plane += 1
        guard plane == planes else { return }
        plane = 0
        first += planes * channels
    }
}
