import Files
import Foundation
import Testing

/// Parts of paths, of every shape that people type.
struct PathTests {
    @Test(arguments: [
        ("A", ".", "A"), ("w", ".", "w"), ("a/b", "a", "b"), ("a/b/", "a", "b"),
        ("a//b//", "a", "b"), ("/", "/", "/"), ("//", "/", "/"), ("/a", "/", "a"),
        ("/a/", "/", "a"),
        (".", ".", "."), ("..", ".", ".."), ("./a", ".", "a"), ("../a", "..", "a"), ("", ".", ""),
        ("a b/c d", "a b", "c d"), ("a/\u{301}b", "a", "\u{301}b"), ("runs/x.y", "runs", "x.y"),
    ])
    func parts(_ path: String, _ parent: String, _ name: String) {
        #expect(Path.parent(of: path) == parent)
        #expect(Path.name(of: path) == name)
    }

    @Test
    func everyShortPathHasParts() {
        let bytes: [UInt8] = [0x2F, 0x2E, 0x61, 0xE9, 0xCC]
        var paths: [[UInt8]] = [[]]
        for _ in 0..<4 { paths += paths.flatMap { path in bytes.map { path + [$0] } } }
        for path in Set(paths).map({ String(pathBytes: $0) }) {
            let (parent, name) = (Path.parent(of: path), Path.name(of: path))
            #expect(!parent.isEmpty)
            #expect(name == "/" || !name.utf8.contains(UInt8(ascii: "/")))
            #expect(Path.absolute(path).utf8.first == UInt8(ascii: "/"))
            _ = Path.fileExtension(of: path)
        }
    }

    @Test(arguments: [
        ("a.JPG", "jpg"), ("a", ""), (".hidden", ""), ("a.tar.gz", "gz"), ("a.", ""), ("x.y/z", ""),
        ("x/y.png/", "png"), ("/", ""), ("", ""),
    ])
    func extensions(_ path: String, _ found: String) {
        #expect(Path.fileExtension(of: path) == found)
    }

    @Test
    func joining() {
        #expect(Path.joined("a", "b") == "a/b")
        #expect(Path.joined("a/", "b") == "a/b")
        #expect(Path.joined("a", "/b") == "/b")
        #expect(Path.joined("", "b") == "b")
        #expect(Path.joined("/", "b") == "/b")
    }

    @Test
    func absolutePathsFollowTheSystem() throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("real/inner")
        try folder.link("link", to: "real/inner")
        #expect(Path.absolute(folder.path + "/./real//inner/") == folder.path + "/real/inner")
        #expect(Path.absolute(folder.path + "/real/../real") == folder.path + "/real")
        // Above the target of a link is not above the link.
        #expect(Path.absolute(folder.path + "/link/../x") == folder.path + "/link/../x")
        #expect(Path.absolute(folder.path + "/link/../../y") == folder.path + "/link/../../y")
        #expect(Path.absolute("/../..") == "/")
        #expect(Path.absolute("a").hasSuffix("/a"))
        #expect(exists(Path.absolute(".")))
    }

    @Test
    func linksAreTold() throws {
        let folder = try TemporaryFolder()
        try folder.link("dangling", to: String(pathBytes: [0xE9]))
        let link = folder.path + "/dangling"
        #expect(Path.isLink(link))
        #expect(!exists(link))
        #expect(Path.linkTarget(of: link)?.pathBytes == [0xE9])
        #expect(Path.linkTarget(of: folder.path) == nil)
    }
}
