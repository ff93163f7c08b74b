public import Tensors

/// An augmentation: edits the plan of a sample before any pixel is read.
public protocol Augmentation: Sendable {
    /// Edits `plan`; random numbers come from `random`.
    func apply(to plan: inout SamplePlan, using random: inout Random)
}

/// How a photo is turned into the network's square input.
///
/// Augmentations edit the plan and touch no pixels; one resampling pass executes it.
public struct SamplePlan: Sendable, Equatable {
    /// How pixels are interpolated.
    public enum Filter: Sendable, Equatable {
        /// A triangle as wide as the reduction, as Pillow's bilinear `resize`.
        case antialiased
        /// The four nearest pixels of the full-size photo, as OpenCV's `INTER_LINEAR`.
        case bilinear
    }

    /// Columns of the upright photo.
    public let photoWidth: Int
    /// Rows of the upright photo.
    public let photoHeight: Int
    /// Side of the square that comes out.
    public let imageSize: Int
    /// The part of the upright photo that fills the square.
    public var crop: CropBox
    /// Whether the crop is flipped horizontally.
    public var flip = false
    /// Factor of all channels.
    public var brightness: Float = 1
    /// Factor of the distance to the mean luminance of the crop.
    public var contrast: Float = 1
    /// Factor of the distance to the pixel's own luminance.
    public var saturation: Float = 1
    /// The part of the square that is set to zero, after normalisation.
    public var erasing: ErasedArea?
    /// How pixels are interpolated.
    public var filter = Filter.antialiased

    /// A rectangle of whole pixels in the square.
    public struct ErasedArea: Sendable, Equatable {
        /// Columns.
        public var columns: Range<Int>
        /// Rows.
        public var rows: Range<Int>

        /// Makes the rectangle of `rows` × `columns`.
        public init(columns: Range<Int>, rows: Range<Int>) {
            self.columns = columns
            self.rows = rows
        }
    }

    /// The whole photo, antialiased, unchanged.
    public init(photoWidth: Int, photoHeight: Int, imageSize: Int) {
        self.photoWidth = max(photoWidth, 1)
        self.photoHeight = max(photoHeight, 1)
        self.imageSize = max(imageSize, 1)
        crop = CropBox(x: 0, y: 0, width: Double(self.photoWidth), height: Double(self.photoHeight))
    }

    /// Whether any colour changes.
    var recolours: Bool { brightness != 1 || contrast != 1 || saturation != 1 }
}

/// A rectangle in pixels, not necessarily on their borders.
public struct CropBox: Codable, Sendable, Equatable {
    /// Left edge.
    public var x: Double
    /// Top edge.
    public var y: Double
    /// Extent to the right.
    public var width: Double
    /// Extent downwards.
    public var height: Double

    /// Makes a rectangle.
    public init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }
}

/// Mean and standard deviation of each channel, for values in [0, 1]: the mean is subtracted from the
/// network's input, which is then divided by the deviation.
public struct Normalisation: Sendable, Equatable {
    /// Subtracted first.
    public let mean: SIMD3<Float>
    /// Divided by then.
    public let deviation: SIMD3<Float>

    /// Makes a normalisation (value − mean) / deviation of red, green and blue.
    public init(mean: SIMD3<Float>, deviation: SIMD3<Float>) {
        self.mean = mean
        self.deviation = deviation
    }

    /// The values of ImageNet that torchvision's networks were trained with.
    public static let imageNet = Normalisation(
        mean: SIMD3(0.485, 0.456, 0.406),
        deviation: SIMD3(0.229, 0.224, 0.225)
    )

    /// Values stay in [0, 1].
    public static let unit = Normalisation(mean: .zero, deviation: .one)
}
