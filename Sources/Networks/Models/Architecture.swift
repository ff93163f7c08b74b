/// The networks that this program knows.
public enum Architecture: String, CaseIterable, Codable, Sendable {
    /// A small residual network for small photos; trains in seconds.
    case small
    /// VGG of 11 layers.
    case vgg11
    /// VGG of 11 layers with batch norm.
    case vgg11_bn
    /// VGG of 13 layers.
    case vgg13
    /// VGG of 13 layers with batch norm.
    case vgg13_bn
    /// VGG of 16 layers.
    case vgg16
    /// VGG of 16 layers with batch norm.
    case vgg16_bn
    /// VGG of 19 layers.
    case vgg19
    /// VGG of 19 layers with batch norm.
    case vgg19_bn
    /// ResNet of 18 layers.
    case resnet18
    /// ResNet of 34 layers.
    case resnet34
    /// ResNet of 50 layers, with bottlenecks.
    case resnet50
    /// ResNet of 101 layers, with bottlenecks.
    case resnet101
    /// Keras' VGG19 with a batch norm on the photos, as the tutorial has it.
    case tutorial

    /// The smallest side of a photo, in pixels, that leaves maps of at least one pixel.
    public var smallestImage: Int { 32 }

    /// The rate of dropout that the network has; 0 where it has none.
    ///
    /// - Parameter asked: the rate that is asked for; nil = the network's own.
    public func dropout(asked: Double?) -> Double {
        switch self {
        case .small, .tutorial: asked ?? 0
        case .resnet18, .resnet34, .resnet50, .resnet101: 0
        case .vgg11, .vgg11_bn, .vgg13, .vgg13_bn, .vgg16, .vgg16_bn, .vgg19, .vgg19_bn:
            asked ?? VGG.dropout
        }
    }

    /// The layers for `classes` classes.
    ///
    /// - Parameter dropout: the rate where the network has dropout; nil = the network's own.
    public func layers(classes: Int, dropout: Double? = nil) -> Sequential {
        switch self {
        case .small: small(classes: classes, dropout: dropout)
        case .vgg11: VGG(.eleven, batchNorm: false).layers(classes: classes, dropout: dropout)
        case .vgg11_bn: VGG(.eleven, batchNorm: true).layers(classes: classes, dropout: dropout)
        case .vgg13: VGG(.thirteen, batchNorm: false).layers(classes: classes, dropout: dropout)
        case .vgg13_bn: VGG(.thirteen, batchNorm: true).layers(classes: classes, dropout: dropout)
        case .vgg16: VGG(.sixteen, batchNorm: false).layers(classes: classes, dropout: dropout)
        case .vgg16_bn: VGG(.sixteen, batchNorm: true).layers(classes: classes, dropout: dropout)
        case .vgg19: VGG(.nineteen, batchNorm: false).layers(classes: classes, dropout: dropout)
        case .vgg19_bn: VGG(.nineteen, batchNorm: true).layers(classes: classes, dropout: dropout)
        case .resnet18: ResNet(.eighteen).layers(classes: classes)
        case .resnet34: ResNet(.thirtyFour).layers(classes: classes)
        case .resnet50: ResNet(.fifty).layers(classes: classes)
        case .resnet101: ResNet(.hundredOne).layers(classes: classes)
        case .tutorial: tutorial(classes: classes, dropout: dropout)
        }
    }
}
