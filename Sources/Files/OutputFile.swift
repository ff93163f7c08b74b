public import Foundation

/// A file that a command was asked to write.
///
/// A regular file, or one that is not there yet, is replaced in one go and is on the disk when `finish`
/// returns; where a symbolic link leads to it, the link stays. A device or a pipe is written to and
/// stays what it is, and so does what standard output or standard error already go to.
public final class OutputFile {
    private let path: String
    private var way: Way

    private enum Way {
        /// Beside its place, where it appears whole.
        case beside(DurableFile)
        /// As it comes, by a descriptor that is this object's to close where it is `owned`.
        case asItComes(Int32, owned: Bool)
        case closed
    }

    /// Begins to write.
    ///
    /// - Throws: `FileError` where that cannot be.
    public init(_ path: String) throws {
        self.path = path
        switch OutputFile.place(path) {
        case .file(let target): way = .beside(try DurableFile(target))
        case .stream:
            let descriptor = openFile(path, O_WRONLY | O_CREAT | O_TRUNC)
            guard descriptor >= 0 else { throw fileError("cannot write", path) }
            way = .asItComes(descriptor, owned: true)
        case .open(let descriptor):
            fflush(nil)
            way = .asItComes(descriptor, owned: false)
        }
    }

    deinit {
        if case .asItComes(let descriptor, owned: true) = way { close(descriptor) }
    }

    /// Adds bytes at the end.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        switch way {
        case .beside(let file): try file.write(bytes)
        case .asItComes(let descriptor, _): try writeAll(bytes, to: descriptor, path)
        case .closed: preconditionFailure("a finished file takes no more")
        }
    }

    /// Gives a whole file its name before it is on the disk, as `DurableFile` does; `finish` has to follow.
    public func appear() throws {
        if case .beside(let file) = way { try file.appear() }
    }

    /// Ends the file.
    public func finish() throws {
        let ending = way
        way = .closed
        switch ending {
        case .beside(let file): try file.finish()
        case .asItComes(let descriptor, owned: true):
            guard close(descriptor) == 0 else { throw fileError("cannot write", path) }
        case .asItComes(_, owned: false), .closed: break
        }
    }

    /// Writes `data` to `path`.
    ///
    /// - Throws: `FileError` where not all of it could be written.
    public static func write(_ data: Data, to path: String) throws {
        let file = try OutputFile(path)
        try data.withUnsafeBytes { try file.write($0) }
        try file.finish()
    }

    /// The file that writing to `path` would make or replace, for contents that come piece by piece.
    ///
    /// - Throws: `FileError` where `path` is a device or a pipe.
    public static func file(_ path: String) throws -> String {
        guard case .file(let target) = place(path) else {
            throw FileError("\(path.shown) is no regular file; give the path of a file")
        }
        return target
    }

    private enum Place {
        /// A regular file, where there is one, at this path.
        case file(String)
        /// Something that is written to as it is.
        case stream
        /// What this descriptor is open to.
        case open(Int32)
    }

    private static func place(_ path: String) -> Place {
        guard let target = identity(of: path) else {
            // A link to a file that is still missing is filled where it points.
            return Path.isLink(path) ? .stream : .file(path)
        }
        // /dev/stdout, or the file that a shell sends it to: a second file would hide the first.
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
            var status = stat()
            if fstat(descriptor, &status) == 0, Identity(status) == target {
                return .open(descriptor)
            }
        }
        guard target.isRegular else { return .stream }
        guard Path.isLink(path) else { return .file(path) }
        let resolved = path.withPathPointer { pointer -> String? in
            guard let real = realpath(pointer, nil) else { return nil }
            defer { free(real) }
            return String(pathPointer: real)
        }
        guard let resolved, identity(of: resolved) == target else { return .stream }
        return .file(resolved)
    }

    private static func identity(of path: String) -> Identity? {
        var status = stat()
        return path.withPathPointer { stat($0, &status) } == 0 ? Identity(status) : nil
    }

    private struct Identity: Equatable {
        let device: UInt64
        let node: UInt64
        let isRegular: Bool

        init(_ status: stat) {
            device = UInt64(status.st_dev)
            node = UInt64(status.st_ino)
            isRegular = status.st_mode & S_IFMT == S_IFREG
        }
    }
}
