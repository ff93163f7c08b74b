import Files
import Foundation

/// A folder that is filled beside its final place and gets its name when it is complete; dropped
/// before, it leaves nothing behind.
public final class NewFolder: Sendable {
    private let target: String
    private let path: String

    /// Begins a folder.
    ///
    /// - Throws: `ImagesError.files` if there is anything at `target` but an empty folder, or if
    ///   nothing can be written there.
    public init(_ target: String) throws {
        self.target = target
        if exists(target) {
            guard isFolder(target) else {
                throw ImagesError.files("\(target) is a file; name another folder")
            }
            guard try FolderListing.names(in: target).isEmpty else {
                throw ImagesError.files(
                    "\(target) holds files already; name a new or an empty folder"
                )
            }
        }
        // Of `.` and `..` the name is told by the way from the root alone.
        let whole = Path.absolute(target)
        path = Path.joined(
            Path.parent(of: whole),
            ".\(Path.name(of: whole)).\(getpid()).unfinished"
        )
        try Files.makeFolders(path)
    }

    deinit { removeTree(path) }

    /// Makes folders, with those above them.
    public func makeFolders(_ folders: [String]) throws {
        for folder in Set(folders) { try Files.makeFolders(Path.joined(path, folder)) }
    }

    /// Writes a file whose folder is there.
    public func write(_ bytes: [UInt8], _ name: String) throws {
        let file = openFile(Path.joined(path, name), O_WRONLY | O_CREAT | O_EXCL)
        guard file >= 0 else {
            throw ImagesError.files("\(target)/\(name) cannot be written: \(NewFolder.reason())")
        }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { all in
                Foundation.write(file, all.baseAddress.map { $0 + written }, bytes.count - written)
            }
            guard count > 0 else {
                let reason = NewFolder.reason()
                close(file)
                throw ImagesError.files("\(target)/\(name) cannot be written: \(reason)")
            }
            written += count
        }
        guard close(file) == 0 else {
            throw ImagesError.files("\(target)/\(name) cannot be written: \(NewFolder.reason())")
        }
    }

    /// Makes a symbolic link to `destination`.
    func link(_ name: String, to destination: String) throws {
        let made = destination.withPathPointer { destination in
            Path.joined(path, name).withPathPointer { symlink(destination, $0) }
        }
        guard made == 0 else {
            throw ImagesError.files("\(target)/\(name) cannot be made: \(NewFolder.reason())")
        }
    }

    /// Gives the folder its name.
    public func publish() throws {
        let named = path.withPathPointer { old in target.withPathPointer { rename(old, $0) } }
        guard named == 0 else {
            throw ImagesError.files("\(target) cannot be named: \(NewFolder.reason())")
        }
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}
