public import Tensors

/// a + b; a batch norm before takes it over.
public struct Add: Operation {
    /// Makes a sum.
    public init() {}

    /// What it is.
    public var kind: String { "sum" }

    /// That of both inputs.
    public func output(_ inputs: [Shape]) -> Shape { inputs[0] }

    /// A pass over the elements.
    public func kernel(_ site: KernelSite) -> any Kernel {
        precondition(site.inputs[0] == site.inputs[1], "a sum of \(site.inputs)")
        return AddPasses()
    }

    /// The sum.
    public func write(_ site: PortableSite, to graph: inout PortableGraph) -> PortableGraph.Value {
        graph.append("Add", site)
    }
}

private struct AddPasses: Kernel {
    var requirements: KernelRequirements {
        var needs = KernelRequirements()
        needs.mayOverwriteGradient = true
        return needs
    }

    func forward(_ pass: ForwardPass) {
        copyFloats(pass.y.base, pass.x.base, pass.y.count, pass.pool)
        addFloats(pass.y.base, pass.inputs[1].base, pass.y.count, pass.pool)
    }

    func backward(_ pass: BackwardPass) {
        // The first input's may be the memory of dy.
        for dx in pass.dinputs.reversed() {
            guard let dx, dx.base != pass.dy.base else { continue }
            copyFloats(dx.base, pass.dy.base, dx.count, pass.pool)
        }
    }
}

/// a · b, element by element.
public struct Multiply: Operation {
    /// Makes a product.
    public init() {}

    /// What it is.
    public var kind: String { "product" }

    /// That of both inputs.
    public func output(_ inputs: [Shape]) -> Shape { inputs[0] }

    /// A pass over the elements.
    public func kernel(_ site: KernelSite) -> any Kernel {
        precondition(site.inputs[0] == site.inputs[1], "a product of \(site.inputs)")
        return MultiplyPasses()
    }

    /// The product.
    public func write(_ site: PortableSite, to graph: inout PortableGraph) -> PortableGraph.Value {
        graph.append("Mul", site)
    }
}

private struct MultiplyPasses: Kernel {
    var requirements: KernelRequirements {
        var needs = KernelRequirements()
        needs.backwardReadsInputs = [0, 1]
        return needs
    }

    func forward(_ pass: ForwardPass) {
        multiply(pass.x, pass.inputs[1], pass.y, pass.pool)
    }

    func backward(_ pass: BackwardPass) {
        if let da = pass.dinputs[0] { multiply(pass.dy, pass.forward.inputs[1], da, pass.pool) }
        if let db = pass.dinputs[1] { multiply(pass.dy, pass.forward.inputs[0], db, pass.pool) }
    }

    private func multiply(_ a: Tensor, _ b: Tensor, _ y: Tensor, _ pool: ThreadPool) {
        nonisolated(unsafe) let (a, b, to) = (a.base, b.base, y.base)
        pool.parallelRanges(y.count, grain: 1 << 14) { range, _ in
            for i in range { to[i] = a[i] * b[i] }
        }
    }
}

/// Sets a share of the values to zero in training and scales the others by 1 / (1 − rate)
/// (Srivastava et al., 2014).
///
/// The mask of an image is a function of the seed, the step, the layer and the image's position in
/// the global batch.
public struct Dropout: Operation {
    private let rate: Float
    private let number: UInt64

    /// Makes a dropout layer that drops the share `rate`, from 0 to below 1.
    ///
    /// - Parameter number: counts the network's dropout layers, so that their masks differ.
    public init(rate: Float, number: Int) {
        self.rate = rate
        self.number = UInt64(number)
    }

    /// The rate.
    public var kind: String { "dropout \(rate)" }

    /// That of the input.
    public func output(_ inputs: [Shape]) -> Shape { inputs[0] }

    /// In evaluation, and where nothing would be dropped.
    public func isIdentity(_ inputs: [Shape], _ purpose: Purpose) -> Bool {
        purpose == .evaluation || rate == 0
    }

    /// A pass over the elements.
    public func kernel(_ site: KernelSite) -> any Kernel {
        DropoutPasses(rate: rate, number: number)
    }

    /// Nothing: evaluation drops none.
    public func write(_ site: PortableSite, to graph: inout PortableGraph) -> PortableGraph.Value {
        site.inputs[0]
    }
}

private struct DropoutPasses: Kernel {
    let rate: Float
    let number: UInt64

    var requirements: KernelRequirements {
        var needs = KernelRequirements()
        needs.mayOverwriteGradient = true
        return needs
    }

    func forward(_ pass: ForwardPass) {
        switch pass.phase {
        case .evaluation: copyFloats(pass.y.base, pass.x.base, pass.x.count, pass.pool)
        case .training(let context): drop(pass.x, pass.y, context, pass.pool)
        }
    }

    func backward(_ pass: BackwardPass) {
        guard let dx = pass.dx else { return }
        drop(pass.dy, dx, pass.context, pass.pool)
    }

    private func drop(_ x: Tensor, _ y: Tensor, _ context: TrainingContext, _ pool: ThreadPool) {
        dropoutApply(
            x,
            y,
            rate: rate,
            seed: context.seed,
            stepAndLayer: context.step << 8 | number,
            firstPosition: context.firstPosition,
            pool
        )
    }
}

extension Graph {
    /// Appends a + b.
    public mutating func add(_ a: Value, _ b: Value, _ name: String) -> Value {
        append(name, Add(), a, b)
    }

    /// Appends a · b.
    public mutating func multiply(_ a: Value, _ b: Value, _ name: String) -> Value {
        append(name, Multiply(), a, b)
    }

    /// Appends dropout.
    public mutating func dropout(_ x: Value, _ name: String, rate: Double) -> Value {
        let number = nodes.count { $0.operation is Dropout }
        return append(name, Dropout(rate: Float(rate), number: number), x)
    }
}
