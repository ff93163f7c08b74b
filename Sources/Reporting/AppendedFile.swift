import Files
import Foundation

/// A file that grows while a run goes on.
///
/// Reports must never end a run: the first failure is told once and the file is left as it is.
final class AppendedFile {
    private let path: String
    private let complain: (String) -> Void
    private var handle: FileHandle?
    /// Whether all that was to be written is.
    private(set) var isWhole = true

    /// Makes the file `path` anew.
    init(_ path: String, complain: @escaping (String) -> Void) {
        self.path = path
        self.complain = complain
        let descriptor = openFile(path, O_WRONLY | O_CREAT | O_TRUNC)
        if descriptor >= 0 {
            handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        } else {
            isWhole = false
            complain("cannot write \(path): the run goes on without it")
        }
    }

    /// Adds `data` at the end.
    func append(_ data: Data) {
        guard let handle else { return }
        do {
            try handle.write(contentsOf: data)
        } catch {
            self.handle = nil
            isWhole = false
            complain("cannot go on writing \(path): the run goes on without it")
        }
    }
}
