import Networks
import Tensors
import TestSupport
import Testing

/// Gates of squeeze-and-excitations that the projection behind applies to what it reads.
@Suite struct GatingTests {
    /// A wide map of `channels`, its gate, and a projection with its norm, behind which a shortcut may be added.
    private static func block(channels: Int, hasShortcut: Bool, apart: Bool) -> Graph {
        var graph = Graph()
        let x = graph.input
        let wide = graph.activation(
            graph.batchNorm(
                graph.convolution(x, "expand", channels, kernel: 1),
                "expand.norm"
            ),
            "expand.act",
            .silu
        )
        var gate = graph.averagePool(wide, "pool")
        gate = graph.convolution(gate, "fc1", 8, kernel: 1, bias: true)
        gate = graph.activation(gate, "fc1.act", .silu)
        gate = graph.convolution(gate, "fc2", channels, kernel: 1, bias: true)
        gate = graph.activation(gate, "fc2.act", .sigmoid)
        let scaled = graph.scaleChannels(wide, by: gate, "scale")
        var y = graph.batchNorm(
            graph.convolution(scaled, "project", DeferralTests.photos.C, kernel: 1),
            "project.norm"
        )
        if hasShortcut { y = graph.append("sum", Add(), y, x) }
        graph.output("y", y)
        // A second reader of the scaled maps keeps them.
        if apart { graph.output("more", scaled) }
        return graph
    }

    @Test(arguments: [96, 40, 72], [true, false])
    func changesNothingButRounding(_ channels: Int, _ hasShortcut: Bool) {
        func graph(apart: Bool) -> Graph {
            Self.block(channels: channels, hasShortcut: hasShortcut, apart: apart)
        }
        for slices in [1, 3] {
            let own = DeferralTests.run(graph(apart: false), slices: slices)
            let apart = DeferralTests.run(graph(apart: true), slices: slices)
            #expect(own.values.count == apart.values.count && own.values.allSatisfy(\.isFinite))
            let scale = apart.values.reduce(0) { max($0, abs($1)) }
            #expect(scale > 1)
            let far = zip(own.values, apart.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(far <= 2e-5 * scale, "\(far) of \(scale)")
            // Gradients of the layers that make the gate are small beside the others: each few against their own largest.
            for first in stride(from: 0, to: own.values.count - 7, by: 8) {
                let few = first..<first + 8
                let largest = apart.values[few].reduce(0) { max($0, abs($1)) }
                let off = few.reduce(0) { max($0, abs(own.values[$1] - apart.values[$1])) }
                #expect(off <= 2e-3 * largest + 2e-6 * scale, "\(off) of \(largest) at \(first)")
            }
            for threads in [1, 3] {
                let other = DeferralTests.run(
                    graph(apart: false),
                    slices: slices,
                    threads: threads
                )
                #expect(other.values == own.values)
            }
        }
    }

    /// Slices of few photos compute each gradient by itself, which takes the scaled maps.
    @Test func neverWritesTheScaledMaps() {
        let graph = Self.block(channels: 96, hasShortcut: true, apart: false)
        let (whole, slices) = (
            DeferralTests.run(graph, slices: 1), DeferralTests.run(graph, slices: 3)
        )
        // What is kept for each slice differs by some channels.
        #expect(slices.memory - whole.memory > DeferralTests.photos.pixels * 96 * 9 / 10)
    }
}
