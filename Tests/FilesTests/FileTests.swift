import Files
import Foundation
import Testing

/// Folders and files whose names are any bytes, and files that are written through what they are.
struct FileTests {
    private let folder: TemporaryFolder
    private let latin = String(pathBytes: Array("Caf".utf8) + [0xE9])

    init() throws { folder = try TemporaryFolder() }

    private func write(_ text: String, _ name: String) throws {
        try OutputFile.write(Data(text.utf8), to: folder.file(name))
    }

    @Test
    func listingsKeepBytes() throws {
        try folder.makeFolder(latin + "/inner")
        try write("photo", latin + "/\u{301}a.jpg")
        try write("photo", latin + "/" + String(pathBytes: [0xFF]))
        try write("photo", latin + "/.hidden")
        try folder.link(latin + "/link", to: "inner")
        #expect(try FolderListing(folder.path).folders == [latin])
        let listing = try FolderListing(folder.file(latin))
        #expect(listing.folders == ["inner", "link"])
        #expect(listing.files.map(\.pathBytes) == [[0xCC, 0x81] + Array("a.jpg".utf8), [0xFF]])
        #expect(try FolderListing.names(in: folder.file(latin)).count == 5)
        #expect(try folder.text(latin + "/" + listing.files[1]) == "photo")
        removeTree(folder.file(latin))
        #expect(!exists(folder.file(latin)))
    }

    @Test
    func missingThingsAreTold() throws {
        #expect(throws: FileError.self) { try FolderListing(folder.file("nowhere")) }
        #expect(try contents(of: folder.file("nowhere")) == nil)
        #expect(try contents(of: folder.file("nowhere/below")) == nil)
        #expect(throws: FileError.self) { try contents(of: folder.path) }
        try write("x", "file")
        #expect(throws: FileError.self) { try makeFolders(folder.file("file/below")) }
        #expect(throws: FileError.self) { try makeFolders(folder.file("file")) }
        #expect(throws: FileError.self) { try write("x", "nowhere/file") }
        #expect(throws: FileError.self) { try OutputFile.write(Data(), to: folder.path) }
        #expect(try FolderListing.names(in: folder.path) == ["file"])
    }

    @Test
    func filesAreReplacedWhole() throws {
        try write("long old text", "file")
        _ = folder.file("file").withPathPointer { chmod($0, 0o600) }
        try write("new", "file")
        #expect(try folder.text("file") == "new")
        var status = stat()
        _ = folder.file("file").withPathPointer { stat($0, &status) }
        #expect(status.st_mode & 0o777 == 0o600)
        let unfinished = try DurableFile(folder.file("file"))
        try Array("half".utf8).withUnsafeBytes { try unfinished.write($0) }
        #expect(try folder.text("file") == "new")
    }

    @Test
    func whatIsNotFinishedLeavesNothing() throws {
        do {
            let file = try DurableFile(folder.file("file"))
            try [UInt8](repeating: 1, count: 1 << 21).withUnsafeBytes { try file.write($0) }
        }
        #expect(try FolderListing.names(in: folder.path) == [])
    }

    @Test
    func linksStayAndLeadToTheText() throws {
        try folder.makeFolder("inner")
        try write("old", "inner/target")
        try folder.link("link", to: "inner/target")
        try folder.link("dangling", to: "inner/made")
        try write("new", "link")
        try write("made", "dangling")
        #expect(Path.isLink(folder.file("link")) && Path.isLink(folder.file("dangling")))
        #expect(try folder.text("inner/target") == "new")
        #expect(try folder.text("inner/made") == "made")
        #expect(try FolderListing.names(in: folder.path) == ["dangling", "inner", "link"])
    }

    @Test
    func pipesAndDevicesStayWhatTheyAre() throws {
        let pipe = folder.file("pipe")
        #expect(pipe.withPathPointer { mkfifo($0, 0o600) } == 0)
        let reader = openFile(pipe, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        try write("through", "pipe")
        var bytes = [UInt8](repeating: 0, count: 16)
        #expect(read(reader, &bytes, 16) == 7)
        #expect(bytes.prefix(7).elementsEqual("through".utf8))
        var status = stat()
        #expect(pipe.withPathPointer { lstat($0, &status) } == 0)
        #expect(status.st_mode & S_IFMT == S_IFIFO)
        try folder.link("null", to: "/dev/null")
        try write("gone", "null")
        #expect(Path.linkTarget(of: folder.file("null")) == "/dev/null")
        let full = #expect(throws: FileError.self) {
            try OutputFile.write(Data("x".utf8), to: "/dev/full")
        }
        #expect(full?.description.contains("/dev/full: No space left") == true)
        #expect(FileError.exitCode == 74)
    }
}
