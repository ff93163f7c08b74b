extension PortableGraph {
    /// Fixed numbers: a weight, what became of weights, or a number that an operator reads.
    public struct Constant: Sendable {
        /// Its name; a parameter's is torchvision's.
        public let name: String
        /// Extents, row-major; empty for a single number.
        public let shape: [Int]
        let content: Content

        enum Content: Sendable {
            /// A parameter, each output of it times a factor.
            case parameter(Parameter, factors: [Float]?)
            case numbers([Float])
        }

        /// Number of elements.
        public var count: Int { shape.reduce(1, *) }
    }
}

extension ParameterStore {
    /// The elements of a constant, a piece at a time, so that large weights are never held twice.
    ///
    /// - Parameter body: called with pieces that are good until it returns.
    public func readPieces(
        _ constant: PortableGraph.Constant,
        _ body: (UnsafeBufferPointer<Float>) throws -> Void
    ) rethrows {
        switch constant.content {
        case .numbers(let numbers):
            try numbers.withUnsafeBufferPointer(body)
        case .parameter(let parameter, factors: nil):
            try readPieces(parameter, body)
        case .parameter(let parameter, let factors?):
            let row = parameter.range.count / max(factors.count, 1)
            var output = 0
            var scaled: [Float] = []
            // A piece holds whole outputs.
            try readPieces(parameter) { piece in
                scaled.removeAll(keepingCapacity: true)
                for first in stride(from: 0, to: piece.count, by: max(row, 1)) {
                    let factor = factors[output]
                    for index in first..<first + row { scaled.append(piece[index] * factor) }
                    output += 1
                }
                try scaled.withUnsafeBufferPointer(body)
            }
        }
    }

    /// The parameter called `name`.
    func parameter(_ name: String) -> Parameter {
        guard let parameter = parameters.first(where: { $0.name == name }) else {
            preconditionFailure("a network without \(name)")
        }
        return parameter
    }
}
