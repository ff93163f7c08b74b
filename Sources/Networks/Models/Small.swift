extension Architecture {
    /// A residual network of 16, 32, 64 and 128 channels that halves the photo in its first layer:
    /// 12 million multiply-adds for a photo of 64×64 pixels.
    ///
    /// - Parameter dropout: the rate before the last layer; nil = none.
    func small(classes: Int, dropout: Double?) -> Sequential {
        Sequential([
            Convolution("conv1", channels: 16, kernel: 3, stride: 2, padding: 1, bias: false),
            BatchNorm("bn1", relu: true),
            Residual.basic("layer1.0", channels: 32, stride: 2, projects: true),
            Residual.basic("layer2.0", channels: 64, stride: 2, projects: true),
            Residual.basic("layer3.0", channels: 128, stride: 2, projects: true),
            AdaptiveAveragePool("avgpool", size: 1),
            Dropout("dropout", rate: Float(dropout ?? 0)),
            Dense("fc", outputs: classes, rule: .uniformFanIn, isHead: true),
        ])
    }
}
