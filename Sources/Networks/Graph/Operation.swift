public import Tensors

/// What a node computes, as a value with its hyper-parameters.
///
/// To add one, write the operation, its kernel with `forward` directly above `backward`, and a method of
/// `Graph` that appends it, in one file of `Operations`; `docs/extending.md` has a worked one.
public protocol Operation: Sendable {
    /// What it is, for tables.
    var kind: String { get }

    /// The shape of the output.
    func output(_ inputs: [Shape]) -> Shape

    /// Parameters and running statistics, in the order in which the kernel gets them.
    ///
    /// - Parameter name: the node's.
    func parameters(_ name: String, _ inputs: [Shape]) -> [ParameterSpecification]

    /// Multiply-adds of the forward pass for one image, computed directly.
    func multiplyAdds(_ inputs: [Shape]) -> Int

    /// Whether the output is the first input as it is, so that the node can be left out.
    func isIdentity(_ inputs: [Shape], _ purpose: Purpose) -> Bool

    /// Plans the computation; memory comes with each pass.
    func kernel(_ site: KernelSite) -> any Kernel

    /// Appends the standard operators that compute the same in evaluation, by which other programs know the network.
    ///
    /// - Returns: what they write in the end.
    func write(_ site: PortableSite, to graph: inout PortableGraph) -> PortableGraph.Value
}

extension Operation {
    /// None.
    public func parameters(_ name: String, _ inputs: [Shape]) -> [ParameterSpecification] { [] }

    /// None.
    public func multiplyAdds(_ inputs: [Shape]) -> Int { 0 }

    /// No.
    public func isIdentity(_ inputs: [Shape], _ purpose: Purpose) -> Bool { false }
}

/// What a kernel is planned for.
public struct KernelSite: Sendable {
    /// Shapes of the inputs; N is the largest batch.
    public let inputs: [Shape]
    /// Shape of the output.
    public let output: Shape
    /// Which inputs need a gradient.
    public let inputGradients: [Bool]
    /// How the whole graph is compiled.
    public let options: CompilationOptions

    /// Shape of the first input.
    public var input: Shape { inputs[0] }
}

/// How a graph is compiled.
public struct CompilationOptions: Sendable {
    /// What for.
    public var purpose: Purpose
    /// The most slices of a training pass, none of them with more than its share of the batch.
    public var slices: Int
    /// Whether convolutions must use algorithms without added rounding errors.
    public var exact: Bool
    /// Whether several passes run in `withConstantWeights`, so that memory for filters in the form that
    /// kernels read pays.
    public var keepsFilters: Bool
    /// The threads that compute.
    public var pool: ThreadPool

    /// Options for `purpose`; evaluation always keeps filters.
    public init(
        _ purpose: Purpose,
        slices: Int = 1,
        exact: Bool = false,
        reusesWeights: Bool = false,
        pool: ThreadPool
    ) {
        self.purpose = purpose
        self.slices = slices
        self.exact = exact
        keepsFilters = reusesWeights || purpose == .evaluation
        self.pool = pool
    }
}

/// A planned operation.
///
/// It holds its plan alone; all memory comes with a pass.
public protocol Kernel: Sendable {
    /// The memory it asks for and what its passes read and write.
    var requirements: KernelRequirements { get }

    /// How it computes, where there is a choice.
    var algorithm: String? { get }

    /// Computes the output.
    func forward(_ pass: ForwardPass)

    /// Overwrites the gradients of the parameters and of those inputs that need one.
    ///
    /// A parameter's gradient is the sum over the slices of the pass, each computed as if it were alone, in
    /// the order of their tree (`Slices`). May overwrite `dy`.
    func backward(_ pass: BackwardPass)
}

extension Kernel {
    /// No choice.
    public var algorithm: String? { nil }
}

/// What a kernel needs; all counts are floats for the largest batch.
public struct KernelRequirements: Sendable {
    /// What forward leaves for backward.
    public var saved = 0
    /// Working memory of one pass, which other kernels use too.
    public var workspace = 0
    /// Filters in the form that the kernel reads, an area for each entry.
    public var filters: [Int] = []
    /// Numbers of the inputs that backward reads.
    public var backwardReadsInputs: [Int] = []
    /// What forward leaves behind the output for the layer that reads it.
    public var trailing = 0
    /// Whether backward reads the output.
    public var backwardReadsOutput = false
    /// The input that forward may write the output over; nil = none.
    public var overwritableInput: Int?
    /// Whether backward may write the first input's gradient over the output's.
    public var mayOverwriteGradient = false
    /// Whether backward can add the first input's gradient to what the nodes behind have written, where the pass says
    /// so: squeeze-and-excitation then needs no second map for the gradient of its means.
    public var mayAddGradient = false

    /// Nothing, until set.
    public init() {}
}

/// What a kernel reads and writes in a forward pass.
public struct ForwardPass {
    /// The inputs.
    public let inputs: [Tensor]
    /// The output.
    public let y: Tensor
    /// Where the operation's parameters lie, in its order.
    public let parameters: [ParameterPlace]
    /// `saved` floats that backward finds again.
    public let saved: UnsafeMutablePointer<Float>
    /// `workspace` floats.
    public let workspace: UnsafeMutablePointer<Float>
    /// The areas of filters.
    public let filters: [PreparedFilters]
    /// What the pass is for.
    public let phase: Phase
    /// The threads that compute.
    public let pool: ThreadPool

    /// The first input.
    public var x: Tensor { inputs[0] }
}

/// What a kernel reads and writes in a backward pass.
public struct BackwardPass {
    /// The forward pass that this one follows.
    public let forward: ForwardPass
    /// What that pass was told.
    public let context: TrainingContext
    /// The gradient of the output.
    public let dy: Tensor
    /// Where the gradients of the inputs go; nil for those that need none.
    public let dinputs: [Tensor?]
    /// Whether the first input's is added to what lies there; only where the kernel `mayAddGradient`.
    public let addsGradient: Bool

    /// The first input.
    public var x: Tensor { forward.x }
    /// The output.
    public var y: Tensor { forward.y }
    /// Where the gradient of the first input goes.
    public var dx: Tensor? { dinputs[0] }
    /// Which images of the batch belong to which slice.
    public var slices: Slices { context.slices }
    /// The threads that compute.
    public var pool: ThreadPool { forward.pool }
}
