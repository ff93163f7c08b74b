public import Tensors

/// Maps times a factor for each image and channel, [N, H, W, C] · [N, 1, 1, C]: the end of a squeeze-and-excitation
/// (Hu, Shen and Sun, 2018).
public struct ChannelScale: Operation {
    /// Makes a scaling.
    public init() {}

    /// What it is.
    public var kind: String { "channel scale" }

    /// That of the maps.
    public func output(_ inputs: [Shape]) -> Shape { inputs[0] }

    /// A pass over the maps.
    public func kernel(_ site: KernelSite) -> any Kernel {
        precondition(
            site.inputs[1] == Shape(N: site.input.N, C: site.input.C),
            "maps of \(site.input) scaled by \(site.inputs[1])"
        )
        return ChannelScalePasses(maps: site.input, purpose: site.options.purpose)
    }

    /// A product, in which the gates hold for all pixels.
    public func write(_ site: PortableSite, to graph: inout PortableGraph) -> PortableGraph.Value {
        precondition(!site.inputs[1].isVector, "the gates of \(site.name) are vectors")
        return graph.append("Mul", site, [site.maps, site.inputs[1]])
    }
}

private struct ChannelScalePasses: Kernel {
    let maps: Shape
    let purpose: Purpose

    var requirements: KernelRequirements {
        var needs = KernelRequirements()
        needs.workspace = purpose == .training ? scaleChannelsScratch(maps) : 0
        needs.backwardReadsInputs = [0, 1]
        if purpose == .evaluation { needs.overwritableInput = 0 }
        needs.mayOverwriteGradient = true
        return needs
    }

    func forward(_ pass: ForwardPass) {
        scaleChannels(pass.x, by: pass.inputs[1], pass.y, pass.pool)
    }

    func backward(_ pass: BackwardPass) {
        scaleChannelsBackward(
            pass.x,
            by: pass.forward.inputs[1],
            pass.dy,
            pass.dx,
            ds: pass.dinputs[1],
            scratch: pass.forward.workspace,
            pass.pool
        )
    }
}

extension Graph {
    /// Appends x · gate, the gate being a value for each image and channel.
    public mutating func scaleChannels(_ x: Value, by gate: Value, _ name: String) -> Value {
        append(name, ChannelScale(), x, gate)
    }
}
