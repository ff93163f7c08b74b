import Foundation
import Images
import Testing

/// The collection of odd photos that lies beside the package where it is developed.
private let oddPhotos = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("../shared/data/odd.tar").standardizedFileURL.path

@Suite struct PhotoOddFilesTests {
    @Test(.enabled(if: FileManager.default.fileExists(atPath: oddPhotos)))
    func manifestHolds() throws {
        let folder = try TemporaryFolder()
        let tar = Process()
        tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        tar.arguments = ["tar", "-xf", oddPhotos, "-C", folder.path]
        try tar.run()
        tar.waitUntilExit()
        #expect(tar.terminationStatus == 0)
        let files = FileManager.default.enumerator(atPath: folder.path)
        let names = (files?.allObjects as? [String] ?? [])
        let manifest = try #require(names.first { $0.hasSuffix("manifest.csv") })
        let root = (folder.path + "/" + manifest as NSString).deletingLastPathComponent
        let text = try String(contentsOfFile: root + "/manifest.csv", encoding: .utf8)
        let reader = try PhotoReader()
        var checked = 0
        for line in text.split(whereSeparator: \.isNewline).dropFirst() {
            let name = try #require(line.split(separator: ",").first)
            let path = root + "/" + name
            checked += 1
            do {
                _ = try reader.check(path)
                _ = try sample(path, size: 64, [WholePhoto()])
                // PNGs and WebPs decode, whatever their names; the manifest is older.
                let isOther = name.hasPrefix("png-") || name.hasPrefix("webp-")
                #expect(isOther || !line.contains("\"refused"), "\(name) was decoded")
                // Half of it is missing, and libjpeg would fill up with gray.
                #expect(name != "truncated-half.jpg")
            } catch let error as PhotoError {
                let mustDecode = line.hasSuffix(",decodes") || line.hasSuffix(",decodes upright")
                #expect(!mustDecode, "\(name): \(error.reason)")
                #expect(!error.reason.isEmpty)
            }
        }
        #expect(checked > 30)
    }
}
