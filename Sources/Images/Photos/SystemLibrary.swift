import CPhotoShim
import Foundation

/// A library of the system that is opened when the first photo of its kind comes, so that nobody
/// needs it who has no such photos.
public struct SystemLibrary: Sendable {
    /// The kind of photo that it decodes.
    public let format: String
    /// The file that the loader of the system looks for.
    private(set) var file: String
    /// The package of Debian and Ubuntu that holds it.
    private let package: String
    /// Finds its calls; returns the name of one that is lacking.
    private let bind: @Sendable (UnsafeMutableRawPointer) -> UnsafePointer<CChar>?
    /// Its version, once it is open.
    private let versionOfBound: @Sendable () -> String

    /// The PNG reference library.
    public static let png = SystemLibrary(
        format: "PNG",
        file: "libpng16.so.16",
        package: "libpng16-16",
        bind: pngshim_bind,
        versionOfBound: { String(cString: pngshim_version()) }
    )

    /// The WebP library.
    public static let webp = SystemLibrary(
        format: "WebP",
        file: "libwebp.so.7",
        package: "libwebp7",
        bind: webpshim_bind,
        versionOfBound: {
            let version = webpshim_version()
            return "\(version >> 16).\(version >> 8 & 255).\(version & 255)"
        }
    )

    /// The library under another name, as a system may have it.
    public func named(_ file: String) -> SystemLibrary {
        var library = self
        library.file = file
        return library
    }

    /// Opens the library, which then stays open.
    ///
    /// - Parameter path: the photo that needs it, for the message.
    public func open(path: String) throws(PhotoError) {
        guard let problem else { return }
        throw .unsupported(path: path, reason: "this is a \(format), and \(problem)")
    }

    /// The version on this node; nil = it cannot be used here.
    public var version: String? { problem == nil ? versionOfBound() : nil }

    /// Why it cannot be used here and what to do; nil = it can.
    public var problem: String? {
        guard let library = dlopen(file, RTLD_NOW | RTLD_LOCAL) else {
            return "this node has no \(file); install the package \(package)"
        }
        guard let lacking = bind(library) else { return nil }
        return "\(file) on this node lacks \(String(cString: lacking)); "
            + "install the package \(package) of its system"
    }
}
