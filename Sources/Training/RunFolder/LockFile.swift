import Files
import Foundation

/// The file `lock.json` of a run folder: a line about the owner and, once somebody wants the run to
/// end, a line about who.
///
/// It is opened anew for each look, which is when network file systems ask their server what is new.
struct LockFile: Sendable {
    let path: String

    /// What the file holds at a moment.
    struct Content {
        /// The bytes of the first line; an owner knows its own.
        var line: Data
        /// Nil where the first line is not written yet, or damaged.
        var owner: RunOwner?
        /// Who wants the run to end.
        var request: String?
        /// The file's number.
        var number: UInt64
        /// When the owner last gave a sign of life, in seconds, by the clock of the file's server.
        var touched: Double

        /// Whether the file was copied with its run: its owner lies elsewhere.
        var isCopy: Bool { owner.map { $0.file != number } ?? false }
    }

    /// A request that the run ends.
    private struct Request: Codable {
        var stop: String
    }

    /// Reads the file; nil where there is none.
    ///
    /// - Throws: `FileError` where there is one that cannot be read.
    func read() throws -> Content? {
        let descriptor = openFile(path, O_RDONLY)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw fileError("cannot read", path)
        }
        defer { close(descriptor) }
        return try read(descriptor)
    }

    /// Reads the file that is open as `descriptor`.
    func read(_ descriptor: Int32) throws -> Content {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw fileError("cannot read", path) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw fileError("cannot read", path) }
        let lines = Data(bytes[..<count]).split(separator: 0x0A)
        let decoder = JSONDecoder()
        let request = lines.dropFirst().lazy.compactMap {
            try? decoder.decode(Request.self, from: $0)
        }.first
        return Content(
            line: lines.first ?? Data(),
            owner: lines.first.flatMap { try? decoder.decode(RunOwner.self, from: $0) },
            request: request?.stop,
            number: UInt64(status.st_ino),
            touched: seconds(status)
        )
    }

    /// Writes the owner into the file that is open as `descriptor`, in place of all that is there.
    ///
    /// - Returns: the line.
    func write(_ owner: RunOwner, to descriptor: Int32) throws -> Data {
        let line = try owner.jsonLine()
        let bytes = line + [0x0A]
        let count = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        guard count == bytes.count, ftruncate(descriptor, off_t(count)) == 0,
            fsync(descriptor) == 0
        else {
            throw fileError(
                "cannot write",
                path,
                count >= 0 && count < bytes.count ? ENOSPC : errno
            )
        }
        return line
    }

    /// Adds the request that the run ends.
    func ask(_ who: String) throws {
        let descriptor = openFile(path, O_WRONLY | O_APPEND)
        guard descriptor >= 0 else { throw fileError("cannot write", path) }
        defer { close(descriptor) }
        let bytes = try Request(stop: who).jsonLine() + [0x0A]
        let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count else {
            throw fileError("cannot write", path, count < 0 ? errno : ENOSPC)
        }
    }

    /// Seconds since the owner's last sign of life.
    ///
    /// Both times come from the file's server, where a file can be made beside it.
    func age(_ content: Content) -> Double {
        let probe = "\(path).\(getpid())"
        let descriptor = openFile(probe, O_WRONLY | O_CREAT | O_TRUNC)
        guard descriptor >= 0 else { return Date().timeIntervalSince1970 - content.touched }
        defer {
            close(descriptor)
            remove(probe)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return 0 }
        return seconds(status) - content.touched
    }

    /// Whether `descriptor` is open to the file that has the name now.
    func isNamed(_ descriptor: Int32) -> Bool {
        var own = stat()
        var named = stat()
        return fstat(descriptor, &own) == 0
            && path.withPathPointer { stat($0, &named) } == 0
            && own.st_ino == named.st_ino && own.st_dev == named.st_dev
    }

    /// Removes the file.
    func remove() { remove(path) }

    private func remove(_ path: String) { _ = path.withPathPointer { unlink($0) } }

    private func seconds(_ status: stat) -> Double {
        Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
    }
}
