public import KernelTable

/// The loops of this instruction set.
public func makeKernelTable() -> KernelTable {
    KernelTable(
        flat: FlatKernels(
            add: add,
            sum: sum,
            blend: blend,
            sumOfSquares: sumOfSquares,
            firstAbove: firstAbove
        ),
        activations: ActivationKernels(apply: activate, gradient: activationGradient),
        rows: RowKernels(
            sums: rowSums,
            maskedSums: maskedSums,
            moments: rowMoments,
            addBias: addBias,
            normalise: normalise,
            gradientSums: gradientSums,
            gradient: normaliseGradient
        ),
        channels: ChannelKernels(
            layerNorm: layerNorm,
            layerNormGradient: layerNormGradient,
            scaleGradient: scaleGradient
        ),
        windows: WindowKernels(
            gather: gather,
            scatter: scatter,
            maximum: maximum,
            maximumGradient: maximumGradient,
            adaptiveAverage: adaptiveAverage,
            adaptiveAverageGradient: adaptiveAverageGradient,
            average: average,
            averageGradient: averageGradient
        ),
        depthwise: DepthwiseKernels(
            forward: depthwise,
            data: depthwiseData,
            weights: depthwiseWeights
        ),
        gemm: GemmKernels(
            width: stripWidth,
            depth: sumDepth,
            appliesNorms: tileRows == 6,
            pack: pack,
            multiply: multiply,
            multiplyRowMajor: multiplyRowMajor
        ),
        winograd: WinogradKernels(
            input: winogradInput,
            output: winogradOutput,
            gradient: winogradGradient,
            filter: winogradFilter,
            rotatedFilter: winogradRotatedFilter,
            weights: winogradWeights
        ),
        peak: PeakKernel(operations: peakOperations, run: multiplyAdds)
    )
}
