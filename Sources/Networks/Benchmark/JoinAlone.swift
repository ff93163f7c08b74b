import Tensors

/// The batch norm that ends a residual block, without the block: what it adds is memory of its own.
struct JoinAlone: LayerDescription {
    let join: BatchNorm

    func build(_ input: Activation, _ builder: inout Builder) -> any Layer {
        builder.begin(input)
        let shortcut = builder.output(input.shape)
        return BuiltJoin(
            join: join.build(input, residual: shortcut, &builder),
            shortcut: shortcut
        )
    }
}

private final class BuiltJoin: Layer {
    private let join: BuiltBatchNorm
    private let shortcut: Activation

    init(join: BuiltBatchNorm, shortcut: Activation) {
        self.join = join
        self.shortcut = shortcut
    }

    var output: Activation { join.output }

    func forward(_ x: Tensor, _ phase: Phase) -> Tensor {
        join.forward(x, residual: shortcut.first(x.shape.N), phase)
    }

    func backward(_ dy: Tensor) -> Tensor? { join.backwardBoth(dy).dx }
}
