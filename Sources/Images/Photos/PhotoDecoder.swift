/// What is known of a photo without decoding it.
public struct PhotoHeader: Sendable, Equatable {
    /// Columns when upright.
    public var width: Int
    /// Rows when upright.
    public var height: Int
    /// Channels as stored: 1 gray, 2 gray and alpha, 3 colour, 4 inks, or colour and alpha.
    public var components: Int
    /// Whether the photo is stored as a series of refinements, such as a progressive JPEG or
    /// an interlaced PNG.
    public var isProgressive: Bool
    /// Size of the file in bytes.
    public var bytes: Int
    /// How the stored photo must be turned to be upright.
    let orientation: Orientation

    /// Columns as stored.
    var storedWidth: Int { orientation.transposed ? height : width }
    /// Rows as stored.
    var storedHeight: Int { orientation.transposed ? width : height }
}

/// What turns the bytes of one kind of file into rows of RGB: the whole photo or a part of it.
///
/// One decoder serves for any number of photos, one after the other, in one thread at a time:
/// `begin`, perhaps `start` and as many `readRow` as the window has rows, `end`.
protocol PhotoDecoder: AnyObject {
    /// The reductions that decoding is faster with, as eighths of the size, the strongest first;
    /// full size always works.
    var reductions: [Int] { get }

    /// Reads the header of the file in `bytes`, which must stay in place until `end`.
    ///
    /// - Parameter path: the file, for messages.
    func begin(
        _ bytes: UnsafeBufferPointer<UInt8>,
        path: String
    ) throws(PhotoError) -> PhotoHeader

    /// Starts decoding a part of the photo as it is stored, both ranges in pixels after a reduction
    /// to `eighths`/8 of the size.
    func start(
        eighths: Int,
        columns: Range<Int>,
        rows: Range<Int>,
        path: String
    ) throws(PhotoError) -> PhotoWindow

    /// Decodes the next row: 3 bytes for each column of the window.
    func readRow(_ row: UnsafeMutablePointer<UInt8>, path: String) throws(PhotoError)

    /// Lets go of the photo.
    func end()
}

/// The part of a photo that is being decoded, in pixels after reduction.
struct PhotoWindow {
    /// Extents of the whole photo.
    var fullWidth: Int
    var fullHeight: Int
    /// First column of each row; may lie left of the one asked for.
    var left: Int
    /// Columns of each row.
    var width: Int
}

/// What memory and time a photo may take.
enum PhotoLimits {
    /// Most pixels that a photo may claim.
    static let pixels = 1 << 28
    /// Most bytes for a photo that must be in memory as a whole before its first row is known.
    static let memory = 1 << 29
    /// Scratch above this many bytes is given back after the photo.
    static let kept = 1 << 25

    /// Refuses extents that no memory and no time should be spent on.
    ///
    /// - Parameters:
    ///   - bytes: size of the file.
    ///   - pixelsPerByte: most pixels that a byte of the file can stand for; nil = no limit.
    static func check(
        width: Int,
        height: Int,
        bytes: Int,
        pixelsPerByte: Int?,
        path: String
    ) throws(PhotoError) {
        let claim = "the header claims \(width)×\(height) pixels"
        let (count, overflow) = width.multipliedReportingOverflow(by: height)
        guard width > 0, height > 0 else { throw .damaged(path: path, reason: claim) }
        guard !overflow, count <= pixels else {
            throw .tooLarge(path: path, reason: "\(claim), more than \(pixels >> 20) Mi")
        }
        if let pixelsPerByte, count / pixelsPerByte > bytes {
            throw .damaged(path: path, reason: "\(claim), which \(bytes) bytes cannot hold")
        }
    }

    /// Refuses a photo that takes more memory than one may.
    ///
    /// - Parameter what: the photo and its advice, such as "a progressive JPEG".
    static func check(
        memory needed: UInt64,
        _ what: String,
        width: Int,
        height: Int,
        path: String
    ) throws(PhotoError) {
        guard needed > UInt64(memory) else { return }
        throw .tooLarge(
            path: path,
            reason: "\(what) of \(width)×\(height) pixels takes \(needed >> 20) MiB to decode, "
                + "more than \(memory >> 20); store it as a baseline JPEG"
        )
    }
}
