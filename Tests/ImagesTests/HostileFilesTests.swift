import Foundation
import Images
import Tensors
import Testing

/// Bytes that nobody meant to be read: the answer may be anything, but nothing beyond them is touched, which
/// the release build checks, and no check ends the program.
@Suite struct HostileFilesTests {
    /// A TIFF block of 2 entries, the second of which is the orientation.
    private static let tiff: [UInt8] =
        Array("II".utf8) + [42, 0, 8, 0, 0, 0, 2, 0]
        + [0x0F, 0x01, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0] + [0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0]

    /// The files that carry it: a JPEG's segments, a PNG's chunks, a WebP's chunks.
    private static let jpeg: [UInt8] =
        [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xE1, 0, UInt8(tiff.count + 8)]
        + Array("Exif\0\0".utf8) + tiff + [0xFF, 0xD9]
    private static let png: [UInt8] =
        TestPNG.signature + TestPNG.chunk("tEXt", [1, 2, 3]) + TestPNG.chunk("eXIf", tiff)
    private static let webp: [UInt8] =
        Array("RIFF????WEBP".utf8) + Array("ANMF".utf8) + [24, 0, 0, 0]
        + [UInt8](repeating: 0, count: 16) + Array("ALPH".utf8) + [0, 0, 0, 0] + Array("VP8 ".utf8)
        + [3, 0, 0, 0, 1, 2, 3, 0] + Array("EXIF".utf8) + [UInt8(tiff.count), 0, 0, 0] + tiff

    private static func orientation(ofWebP bytes: [UInt8]) -> Orientation {
        let chunks = WebPChunks(bytes.span)
        if let picture = chunks.bitstream { #expect(picture.upperBound <= bytes.count) }
        return chunks.exif.map { Orientation(tiff: bytes.span.extracting($0)) } ?? .upright
    }

    @Test func wholeFilesSayHowTheyAreTurned() {
        let turned = Orientation(tag: 6)
        #expect(Orientation(tiff: Self.tiff.span) == turned)
        #expect(Orientation(jpeg: Self.jpeg.span) == turned)
        #expect(Orientation(png: Self.png.span) == turned)
        #expect(Self.orientation(ofWebP: Self.webp) == turned)
    }

    @Test func truncatedFilesStandUpright() {
        // The last bytes of the directory's entry are not read.
        for count in 0..<Self.tiff.count - 2 {
            #expect(Orientation(tiff: Array(Self.tiff.prefix(count)).span) == .upright)
        }
        for count in 0..<Self.jpeg.count - 2 {
            #expect(Orientation(jpeg: Array(Self.jpeg.prefix(count)).span) == .upright)
        }
        for count in 0..<Self.png.count {
            #expect(Orientation(png: Array(Self.png.prefix(count)).span) == .upright)
        }
        for count in 0..<Self.webp.count - 2 {
            #expect(Self.orientation(ofWebP: Array(Self.webp.prefix(count))) == .upright)
        }
    }

    @Test func changedFilesAreReadToTheirEndAtMost() {
        var random = Random(seed: 1, .test)
        for _ in 0..<20_000 {
            func changed(_ bytes: [UInt8]) -> [UInt8] {
                var bytes = bytes
                for _ in 0...random.integer(below: 4) {
                    let byte = [0, 1, 0x7F, 0xFF, UInt8(random.integer(below: 256))]
                    bytes[random.integer(below: bytes.count)] = byte[random.integer(below: 5)]
                }
                return Array(bytes.prefix(random.integer(below: 2 * bytes.count)))
            }
            _ = Orientation(tiff: changed(Self.tiff).span)
            _ = Orientation(jpeg: changed(Self.jpeg).span)
            _ = Orientation(png: changed(Self.png).span)
            _ = Self.orientation(ofWebP: changed(Self.webp))
        }
    }

    /// Whatever is cut off or changed in a photo's file, it is read or refused.
    @Test(arguments: ["lossy.webp", "animated.webp", "rgb8-interlaced.png", "turned6.png"])
    func damagedPhotos(name: String) throws {
        let library: SystemLibrary = name.hasSuffix(".png") ? .png : .webp
        guard library.version != nil else { return }
        let whole = [UInt8](
            try Data(contentsOf: URL(fileURLWithPath: FormatFixtures.folder + name))
        )
        let folder = try TemporaryFolder()
        let reader = try PhotoReader()
        var random = Random(seed: 3, .test)
        var refused = 0
        for _ in 0..<300 {
            var bytes = whole
            for _ in 0..<3 {
                bytes[random.integer(below: min(bytes.count, 200))] = UInt8(
                    random.integer(below: 256)
                )
            }
            bytes.removeLast(random.integer(below: bytes.count))
            let path = try folder.write(name, bytes)
            do { _ = try reader.bitmap(path) } catch { refused += 1 }
        }
        #expect(refused > 0)
    }
}
