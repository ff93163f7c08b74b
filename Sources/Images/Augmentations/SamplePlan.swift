/// What becomes of a photo on its way to the network's square input.
///
/// Augmentations edit a plan and touch no pixels; one resampling pass carries the plan out.
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
    /// Whether left and right change places.
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
