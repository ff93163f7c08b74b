import Tensors

extension ParameterStore {
    /// The elements of a parameter in PyTorch's order: O, I, KH, KW for a convolution.
    ///
    /// - Parameter from: a flat buffer laid out like `values`; nil = the values.
    public func read(_ parameter: Parameter, from: UnsafePointer<Float>? = nil) -> [Float] {
        let base = from ?? UnsafePointer(values.base)
        let memory = UnsafeBufferPointer(
            start: base + parameter.range.lowerBound,
            count: parameter.range.count
        )
        guard parameter.planes > 1 else { return Array(memory) }
        return Array(unsafeUninitializedCapacity: memory.count) { result, count in
            for place in places(parameter) { result[place.torch] = memory[place.memory] }
            count = memory.count
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
        for place in places(parameter) { memory[place.memory] = elements[place.torch] }
    }

    /// Pairs of equal elements: memory holds [O][P][C], PyTorch [O][C][P].
    private func places(_ parameter: Parameter) -> PlaceSequence {
        PlaceSequence(
            planes: parameter.planes,
            channels: parameter.range.count / parameter.shape[0] / parameter.planes,
            count: parameter.range.count
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
