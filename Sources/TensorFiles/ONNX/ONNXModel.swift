/// A model in the Open Neural Network Exchange format, but for the elements of its tensors, which `ONNXWriter` takes
/// one after the other.
///
/// The format: <https://github.com/onnx/onnx/blob/main/docs/IR.md>.
public struct ONNXModel: Sendable {
    /// What an operator is set to.
    public enum Setting: Sendable, Equatable {
        /// INT.
        case integer(Int)
        /// INTS.
        case integers([Int])
        /// FLOAT.
        case float(Float)
    }

    /// An operator.
    public struct Node: Sendable {
        /// The graph's own name for it.
        public var name: String
        /// The operator's name, such as `Conv`.
        public var kind: String
        /// Names of what it reads.
        public var inputs: [String]
        /// Names of what it writes.
        public var outputs: [String]
        /// Its attributes.
        public var attributes: [(name: String, setting: Setting)]

        /// Makes an operator.
        public init(
            name: String,
            kind: String,
            inputs: [String],
            outputs: [String],
            attributes: [(name: String, setting: Setting)]
        ) {
            (self.name, self.kind) = (name, kind)
            (self.inputs, self.outputs, self.attributes) = (inputs, outputs, attributes)
        }
    }

    /// Fixed floats, whose elements are yet to come.
    public struct Tensor: Sendable {
        /// Its name.
        public var name: String
        /// Extents, row-major; empty for a single number.
        public var shape: [Int]

        /// Announces a tensor.
        public init(name: String, shape: [Int]) { (self.name, self.shape) = (name, shape) }

        var byteCount: Int { shape.reduce(MemoryLayout<Float>.size, *) }
    }

    /// An extent of what goes in or out.
    public enum Extent: Sendable, Equatable {
        /// A number.
        case fixed(Int)
        /// Any number; all extents of that name are equal.
        case any(String)
    }

    /// Floats that go in or out.
    public struct Port: Sendable {
        /// Its name.
        public var name: String
        /// Extents, row-major.
        public var shape: [Extent]

        /// Makes an input or output.
        public init(name: String, shape: [Extent]) { (self.name, self.shape) = (name, shape) }
    }

    /// The graph's name.
    public var name: String
    /// The program that makes the model, and its version.
    public var producer: (name: String, version: String)
    /// The version of the standard operators.
    public var operatorSet: Int
    /// Operators in an order in which each reads what is there already.
    public var nodes: [Node]
    /// Fixed floats in the order in which their elements come.
    public var tensors: [Tensor]
    /// What the caller gives.
    public var inputs: [Port]
    /// What the caller gets.
    public var outputs: [Port]
    /// Texts for those who use the model, by key.
    public var metadata: [String: String]

    /// Makes a model.
    public init(
        name: String,
        producer: (name: String, version: String),
        operatorSet: Int,
        nodes: [Node],
        tensors: [Tensor],
        inputs: [Port],
        outputs: [Port],
        metadata: [String: String]
    ) {
        (self.name, self.producer, self.operatorSet) = (name, producer, operatorSet)
        (self.nodes, self.tensors) = (nodes, tensors)
        (self.inputs, self.outputs, self.metadata) = (inputs, outputs, metadata)
    }
}
