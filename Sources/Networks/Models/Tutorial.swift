extension Architecture {
    /// Keras' VGG19 after a batch norm on the photos: no average pool, so that the first dense
    /// layer grows with the photo, Glorot's initialisation, and no dropout of its own.
    ///
    /// Parameters have the names of torchvision's vgg19, those of the batch norm begin with
    /// `input`.
    func tutorial(classes: Int, dropout: Double?) -> Sequential {
        let vgg = VGG(.nineteen, batchNorm: false)
        return Sequential(
            [BatchNorm("input", epsilon: 1e-3, momentum: 0.01, relu: false)]
                + vgg.features(rule: .glorotUniform)
                + vgg.classifier(classes: classes, dropout: dropout ?? 0, rule: .glorotUniform)
        )
    }
}
