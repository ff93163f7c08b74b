import Tensors

/// y = join(branch(x) + shortcut(x)) (He et al., 2016), the sum fused into the batch norm `join`
/// that ends the branch.
public struct Residual: LayerDescription {
    private let branch: Sequential
    private let join: BatchNorm
    private let shortcut: Sequential?

    /// Makes a block; without a `shortcut` its input itself is added.
    ///
    /// - Parameters:
    ///   - branch: the layers before `join`, the first of which must not work in place.
    ///   - join: normalises the branch, adds the shortcut, applies the ReLU.
    public init(branch: [any LayerDescription], join: BatchNorm, shortcut: [any LayerDescription]?)
    {
        self.branch = Sequential(branch)
        self.join = join
        self.shortcut = shortcut.map(Sequential.init)
    }

    /// Builds the block: the shortcut first, so that its result waits for the branch and not the
    /// other way round.
    public func build(_ input: Activation, _ builder: inout Builder) -> any Layer {
        var input = input
        // The shortcut and the branch both read the input as it is.
        input.tail = nil
        let shortcut = shortcut?.build(input, &builder)
        var residual = shortcut?.output ?? input
        if shortcut == nil {
            // The sum of both gradients is made when the branch's first layer is through.
            residual.gradientUntil = builder.now + 1
        }
        let branch = branch.build(input, &builder)
        builder.announce(JoinAlone(join: join))
        let join = join.build(branch.output, residual: residual, &builder)
        return BuiltResidual(branch: branch, join: join, shortcut: shortcut, pool: builder.pool)
    }
}

private final class BuiltResidual: Layer {
    private let branch: any Layer
    private let join: BuiltBatchNorm
    private let shortcut: (any Layer)?
    private let pool: ThreadPool

    init(branch: any Layer, join: BuiltBatchNorm, shortcut: (any Layer)?, pool: ThreadPool) {
        self.branch = branch
        self.join = join
        self.shortcut = shortcut
        self.pool = pool
    }

    var output: Activation { join.output }

    func forward(_ x: Tensor, _ phase: Phase) -> Tensor {
        let residual = shortcut?.forward(x, phase) ?? x
        join.announce(residual: residual)
        return join.forward(branch.forward(x, phase), residual: residual, phase)
    }

    func backward(_ dy: Tensor) -> Tensor? {
        let (dbranch, dresidual) = join.backwardBoth(dy)
        let dx = branch.backward(dbranch)
        guard let dresidual else { return dx }
        let dshortcut = shortcut.map { $0.backward(dresidual) } ?? dresidual
        guard let dx, let dshortcut else { return nil }
        addFloats(dx.base, dshortcut.base, dx.count, pool)
        return dx
    }
}
