import Tensors

/// The pass that decides where activations, their gradients and what kernels save lie.
///
/// Node t of T runs forward at time t and backward at 2T − 1 − t. A buffer lives from the moment it is written to the last
/// that reads it, and `LifetimePlan` lets others use its memory before and after. Values that can be written over one
/// another share a buffer.
struct MemoryPlan {
    /// Where a gradient lies.
    enum GradientPlace: Equatable {
        /// In a buffer of the plan.
        case buffer(Int)
        /// In the memory that the caller of backward hands over for the only output.
        case caller
    }

    /// What a node's backward does with the gradient of one of its inputs.
    enum Contribution: Equatable {
        /// Nothing: nobody needs it.
        case none
        /// Writes it where it belongs.
        case writes(GradientPlace)
        /// Writes it to a place from which it is added to what the nodes behind have written.
        case adds(from: GradientPlace, to: GradientPlace)
        /// Adds it itself to what the nodes behind have written.
        case accumulates(GradientPlace)

        /// Whether it is added by the node itself.
        var accumulates: Bool {
            if case .accumulates = self { return true }
            return false
        }
    }

    /// Buffer of each value; nil for the graph's inputs.
    private(set) var values: [Int?]
    /// Buffer of each node for what it saves.
    private(set) var saved: [Int] = []
    /// Place of each value's gradient; nil where it has none.
    private(set) var gradients: [GradientPlace?]
    /// What each node's backward does with the gradients of its inputs.
    private(set) var contributions: [[Contribution]] = []
    /// Where each buffer begins, and floats of all of them.
    private(set) var offsets: [Int] = []
    private(set) var count = 0

    /// Which values need a gradient: inputs where asked, and all that depends on them or on a parameter.
    static func needsGradient(
        _ graph: Graph,
        hasTrainable: [Bool],
        inputGradients: Bool,
        _ options: CompilationOptions
    ) -> [Bool] {
        guard options.purpose == .training else {
            return Array(repeating: false, count: graph.inputCount + graph.nodes.count)
        }
        var needs = Array(repeating: inputGradients, count: graph.inputCount)
        for (number, node) in graph.nodes.enumerated() {
            needs.append(hasTrainable[number] || node.inputs.contains { needs[$0.index] })
        }
        return needs
    }

    /// - Parameter isTrained: for each node whether it runs backward; one that does not keeps nothing for it.
    init(
        _ graph: Graph,
        shapes: [Shape],
        requirements: [KernelRequirements],
        needsGradient: [Bool],
        isTrained: [Bool]
    ) {
        let last = 2 * graph.nodes.count - 1
        let readers = graph.readers()
        let first = graph.inputCount
        var plan = LifetimePlan()
        values = Array(repeating: nil, count: shapes.count)
        gradients = Array(repeating: nil, count: shapes.count)

        for (node, needs) in requirements.enumerated() {
            let value = first + node
            let overwritten = needs.overwritableInput.map { graph.nodes[node].inputs[$0].index }
            if let overwritten, overwritten >= first, !graph.isOutput(overwritten),
                Self.isLast(node, of: readers[overwritten], isTrained),
                !isTrained[overwritten - first]
                    || !requirements[overwritten - first].backwardReadsOutput
            {
                values[value] = values[overwritten]
            } else {
                let count =
                    needs.trailing == 0
                    ? shapes[value].count
                    : DeferredNorm.offset(shapes[value].count) + needs.trailing
                values[value] = plan.add(count: count, from: node, to: node)
            }
            guard let buffer = values[value] else { continue }
            if isTrained[node], needs.backwardReadsOutput { plan.extend(buffer, to: last - node) }
            for (reader, slot) in readers[value] {
                let backward =
                    isTrained[reader]
                    && requirements[reader].backwardReadsInputs.contains(slot)
                plan.extend(buffer, to: backward ? last - reader : reader)
            }
            if graph.isOutput(value) { plan.extend(buffer, to: .max) }
            saved.append(
                plan.add(count: needs.saved, from: node, to: isTrained[node] ? last - node : node)
            )
        }

        contributions = graph.nodes.map { $0.inputs.map { _ in .none } }
        if isTrained.contains(true) {
            planGradients(graph, shapes, requirements, needsGradient, readers, &plan)
        }
        (offsets, count) = plan.place()
    }

    /// Whether a node reads a value once, and nobody else does at that time or later.
    private static func isLast(
        _ node: Int,
        of readers: [(node: Int, slot: Int)],
        _ isTrained: [Bool]
    ) -> Bool {
        readers.count { $0.node == node } == 1
            && readers.allSatisfy { $0.node == node || $0.node < node && !isTrained[$0.node] }
    }

    private mutating func planGradients(
        _ graph: Graph,
        _ shapes: [Shape],
        _ requirements: [KernelRequirements],
        _ needsGradient: [Bool],
        _ readers: [[(node: Int, slot: Int)]],
        _ plan: inout LifetimePlan
    ) {
        let last = 2 * graph.nodes.count - 1
        for output in Set(graph.outputs.map(\.value.index)) where needsGradient[output] {
            if graph.outputs.count == 1, readers[output].isEmpty {
                gradients[output] = .caller
            } else {
                // The caller's gradients are copied before the first node runs backward.
                let buffer = plan.add(
                    count: shapes[output].count,
                    from: last / 2 + 1,
                    to: last / 2 + 1
                )
                gradients[output] = .buffer(buffer)
            }
        }
        for node in graph.nodes.indices.reversed() {
            let value = graph.inputCount + node
            let time = last - node
            guard let gradient = gradients[value] else { continue }
            if case .buffer(let buffer) = gradient { plan.extend(buffer, to: time) }
            for (slot, input) in graph.nodes[node].inputs.map(\.index).enumerated()
            where needsGradient[input] {
                if slot == 0, requirements[node].mayAddGradient, let sum = gradients[input] {
                    contributions[node][slot] = .accumulates(sum)
                    if case .buffer(let buffer) = sum { plan.extend(buffer, to: time) }
                    continue
                }
                let own: GradientPlace
                if slot == 0, requirements[node].mayOverwriteGradient {
                    own = gradient
                } else {
                    own = .buffer(plan.add(count: shapes[input].count, from: time, to: time))
                }
                if let sum = gradients[input] {
                    contributions[node][slot] = .adds(from: own, to: sum)
                    if case .buffer(let buffer) = sum { plan.extend(buffer, to: time) }
                } else {
                    contributions[node][slot] = .writes(own)
                    gradients[input] = own
                    if input < graph.inputCount, case .buffer(let buffer) = own {
                        // The caller reads it when it likes.
                        plan.extend(buffer, to: .max)
                    }
                }
            }
        }
    }
}

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
