import Files
import Foundation

/// A folder that is gone with the object.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = Path.absolute(NSTemporaryDirectory()) + "/files-tests-" + UUID().uuidString
        try makeFolders(path)
    }

    deinit { removeTree(path) }

    func file(_ name: String) -> String { Path.joined(path, name) }

    func makeFolder(_ name: String) throws { try makeFolders(file(name)) }

    func link(_ name: String, to target: String) throws {
        let made = target.withPathPointer { target in
            file(name).withPathPointer { symlink(target, $0) }
        }
        guard made == 0 else { throw fileError("cannot make", name) }
    }

    func text(_ name: String) throws -> String? {
        try contents(of: file(name)).map { String(decoding: $0, as: UTF8.self) }
    }
}
