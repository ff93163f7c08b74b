import Networks
import Tensors

/// x where x > 0, else slope · x, element by element (Maas et al., 2013).
///
/// The worked example of `docs/extending.md`.
struct LeakyReLU: Operation {
    let slope: Float

    var kind: String { "leaky ReLU" }

    func output(_ inputs: [Shape]) -> Shape { inputs[0] }

    func kernel(_ site: KernelSite) -> any Kernel { LeakyReLUPasses(slope: slope) }

    func write(_ site: PortableSite, to graph: inout PortableGraph) -> PortableGraph.Value {
        graph.append("LeakyRelu", site, site.inputs, [.init("alpha", .float(slope))])
    }
}

private struct LeakyReLUPasses: Kernel {
    let slope: Float

    var requirements: KernelRequirements {
        var needs = KernelRequirements()
        needs.backwardReadsInputs = [0]
        return needs
    }

    // y = x > 0 ? x : slope · x
    func forward(_ pass: ForwardPass) {
        nonisolated(unsafe) let (x, y) = (pass.x.base, pass.y.base)
        pass.pool.parallelRanges(pass.x.count, grain: 1 << 14) { range, _ in
            for i in range { y[i] = x[i] > 0 ? x[i] : slope * x[i] }
        }
    }

    // dx = x > 0 ? dy : slope · dy
    func backward(_ pass: BackwardPass) {
        guard let dx = pass.dx else { return }
        nonisolated(unsafe) let (x, dy, to) = (pass.x.base, pass.dy.base, dx.base)
        pass.pool.parallelRanges(dx.count, grain: 1 << 14) { range, _ in
            for i in range { to[i] = x[i] > 0 ? dy[i] : slope * dy[i] }
        }
    }
}

extension Graph {
    mutating func leakyReLU(_ x: Value, _ name: String, slope: Float) -> Value {
        append(name, LeakyReLU(slope: slope), x)
    }
}
