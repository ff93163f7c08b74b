import Foundation

/// A folder that is filled beside its final place and gets its name when it is complete; dropped
/// before, it leaves nothing behind.
final class NewFolder: Sendable {
    private let target: String
    private let path: String

    /// Begins a folder.
    ///
    /// - Throws: `ImagesError.files` if there is anything at `target` but an empty folder, or if
    ///   nothing can be written there.
    init(_ target: String) throws {
        self.target = target
        if exists(target) {
            guard isFolder(target) else {
                throw ImagesError.files("\(target) is a file; name another folder")
            }
            guard try FileManager.default.contentsOfDirectory(atPath: target).isEmpty else {
                throw ImagesError.files(
                    "\(target) holds files already; name a new or an empty folder"
                )
            }
        }
        let name = (target as NSString).lastPathComponent
        let parent = (target as NSString).deletingLastPathComponent
        let unfinished = ".\(name).\(getpid()).unfinished"
        path = parent.isEmpty ? unfinished : parent + "/" + unfinished
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw ImagesError.files("\(target) cannot be written: \(NewFolder.reason())")
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Makes folders, with those above them.
    func makeFolders(_ folders: [String]) throws {
        for folder in Set(folders) {
            do {
                try FileManager.default.createDirectory(
                    atPath: path + "/" + folder,
                    withIntermediateDirectories: true
                )
            } catch {
                throw ImagesError.files("\(target)/\(folder) cannot be made: \(NewFolder.reason())")
            }
        }
    }

    /// Writes a file whose folder is there.
    func write(_ bytes: [UInt8], _ name: String) throws {
        let file = open(path + "/" + name, O_WRONLY | O_CREAT | O_EXCL, 0o644)
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
        guard symlink(destination, path + "/" + name) == 0 else {
            throw ImagesError.files("\(target)/\(name) cannot be made: \(NewFolder.reason())")
        }
    }

    /// Gives the folder its name.
    func publish() throws {
        guard rename(path, target) == 0 else {
            throw ImagesError.files("\(target) cannot be named: \(NewFolder.reason())")
        }
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}
