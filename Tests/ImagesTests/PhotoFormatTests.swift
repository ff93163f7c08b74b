import Foundation
import Images
import Tensors
import Testing

@Suite struct PhotoFormatTests {
    private static let hasPNG = SystemLibrary.png.version != nil
    private static let hasWebP = SystemLibrary.webp.version != nil

    @Test func pixelsArePillows() throws {
        let photos = try FormatFixtures.photos()
        #expect(photos.count == 22)
        let reader = try PhotoReader()
        for photo in photos {
            guard photo.library.version != nil else {
                // Without the library the reason names what to install.
                #expect(
                    message { _ = try reader.check(photo.path) }.contains("install the package lib")
                )
                continue
            }
            let decoded = try reader.bitmap(photo.path)
            #expect(decoded == photo.bitmap, "\(photo.name)")
            let header = try reader.check(photo.path)
            #expect(header.width == photo.width && header.height == photo.height)
            #expect(header.isProgressive == photo.name.contains("interlaced"))
            #expect(header.components % 2 == (photo.name.contains("alpha") ? 0 : 1))
            // One decoder serves photo after photo; of 7 pixels no half covers 5.
            #expect(try reader.bitmap(photo.path, covering: (5, 5)) == decoded)
            let small = try reader.bitmap(photo.path, covering: (3, 2))
            #expect(small.width >= 3 && small.height >= 2 && small.width < decoded.width)
            let same = decoded.resized(width: small.width, height: small.height)
            // Rows and columns of a turned photo are combined in another order, and rounded.
            let pairs = zip(small.pixels, same.pixels)
            #expect(pairs.allSatisfy { abs(Int($0) - Int($1)) <= 2 }, "\(photo.name)")
        }
    }

    @Test(.enabled(if: hasPNG, "libpng is not installed")) func cropsOfPNGsAreThoseOfJPEGs() throws
    {
        let folder = try TemporaryFolder()
        let jpeg = try folder.write("a.jpg", encodeJPEG(waves(width: 150, height: 97), quality: 95))
        let png = try folder.write("b.jpg", TestPNG.encode(decodePhoto(path: jpeg)))
        #expect(try decodePhoto(path: png) == decodePhoto(path: jpeg))
        for box in [
            CropBox(x: 0, y: 0, width: 150, height: 97),
            CropBox(x: 20.5, y: 11, width: 90, height: 60),
            CropBox(x: 149, y: 96, width: 1, height: 1),
        ] {
            let crop = SetCrop(box: box)
            #expect(try sample(png, size: 64, [crop]) == sample(jpeg, size: 64, [crop]))
        }
    }

    @Test(.enabled(if: hasPNG && hasWebP, "libpng or libwebp is not installed"))
    func cropsOfWebPsDoNotDependOnTheCut() throws {
        let folder = try TemporaryFolder()
        let webp = FormatFixtures.folder + "large.webp"
        let png = try folder.write("whole", TestPNG.encode(decodePhoto(path: webp)))
        for box in [
            CropBox(x: 0, y: 0, width: 70, height: 50),
            CropBox(x: 13, y: 17, width: 21, height: 15),
            CropBox(x: 30.2, y: 20.7, width: 39.8, height: 29.3),
            CropBox(x: 69, y: 49, width: 1, height: 1),
        ] {
            let crop = SetCrop(box: box)
            #expect(try sample(webp, size: 32, [crop]) == sample(png, size: 32, [crop]))
        }
    }

    @Test func aMissingLibraryIsNamed() throws {
        let none = SystemLibrary.png.named("libnowhere.so.16")
        #expect(none.version == nil)
        #expect(
            message { try none.open(path: "photo.jpg") }
                == "photo.jpg: this is a PNG, and this node has no libnowhere.so.16; "
                + "install the package libpng16-16"
        )
        // A library that is there without the calls that are needed.
        let other = SystemLibrary.webp.named("libc.so.6")
        #expect(other.version == nil)
        #expect(
            other.problem == "libc.so.6 on this node lacks WebPGetDecoderVersion; "
                + "install the package libwebp7 of its system"
        )
    }

    @Test(.enabled(if: hasPNG, "libpng is not installed"))
    func claimsThatBytesCannotHoldAreRefused() throws {
        let folder = try TemporaryFolder()
        let reader = try PhotoReader()
        let good = TestPNG.encode(waves(width: 20, height: 10))
        for (width, height, depth, interlaced, word) in [
            (20_000, 20_000, 8, 0, "more than 256 Mi"), (5_000, 5_000, 8, 0, "cannot hold"),
            (0, 10, 8, 0, "damaged PNG"), (1 << 31 - 1, 1 << 31 - 1, 8, 0, "more than 256 Mi"),
            (1_000_001, 1, 16, 0, "claims"), (20, 10, 7, 0, "damaged PNG"),
        ] {
            var bytes = good
            for (at, value) in [(16, width), (20, height)] {
                for byte in 0..<4 { bytes[at + byte] = UInt8(value >> (24 - 8 * byte) & 255) }
            }
            bytes[24] = UInt8(depth)
            bytes[28] = UInt8(interlaced)
            let path = try folder.write("bomb", TestPNG.sealed(bytes))
            let found = message { _ = try reader.check(path) }
            #expect(found.contains(word), "\(width)×\(height): \(found)")
        }
        // Enough bytes, but too much memory for all of its passes at once.
        var bytes = good
        for (at, value) in [(16, 16_000), (20, 16_000)] {
            for byte in 0..<4 { bytes[at + byte] = UInt8(value >> (24 - 8 * byte) & 255) }
        }
        bytes[28] = 1
        let filler = TestPNG.chunk("tEXt", [UInt8](repeating: 65, count: 750_000))
        let path = try folder.write("wide", TestPNG.sealed(bytes) + filler)
        #expect(message { _ = try reader.check(path) }.contains("an interlaced PNG of 16000×16000"))
    }

    @Test(.enabled(if: hasWebP, "libwebp is not installed")) func losslessClaimsAreBoundedByMemory()
        throws
    {
        let folder = try TemporaryFolder()
        // 16383×16383 pixels of one colour take no bits at all.
        var bytes = Array("RIFF\u{1A}\0\0\0WEBPVP8L\u{0E}\0\0\0".utf8)
        bytes += [0x2F, 0xFE, 0xBF, 0xFF, 0x0F] + [UInt8](repeating: 0, count: 9)
        let path = try folder.write("bomb.webp", bytes)
        let found = message { _ = try PhotoReader().check(path) }
        #expect(found.contains("a lossless WebP of 16383×16383"), "\(found)")
    }

    @Test func whatIsCutOffIsNoticedWhereItMatters() throws {
        let folder = try TemporaryFolder()
        let reader = try PhotoReader()
        for photo in try FormatFixtures.photos() where photo.library.version != nil {
            let whole = try [UInt8](Data(contentsOf: URL(fileURLWithPath: photo.path)))
            // Half of the animated one is its first frame and more.
            let half = photo.name == "animated.webp" ? 60 : whole.count / 2
            for count in [12, 20, 34, half] where count <= half {
                let path = try folder.write("cut", Array(whole.prefix(count)))
                #expect(throws: PhotoError.self, "\(photo.name) \(count)") {
                    _ = try reader.check(path)
                }
            }
        }
    }

    @Test(.enabled(if: hasPNG, "libpng is not installed"))
    func rowsBeforeTheCutOfAPNGAreRead() throws {
        let folder = try TemporaryFolder()
        let reader = try PhotoReader()
        let png = TestPNG.encode(waves(width: 300, height: 300))
        let half = try folder.write("half.png", Array(png.prefix(png.count / 2)))
        let path = try folder.write("whole.png", png)
        #expect(message { _ = try reader.check(half) }.contains("the file ends too early"))
        // The rows before the cut are all there.
        let top = SetCrop(box: CropBox(x: 50, y: 0, width: 120, height: 120))
        #expect(try sample(half, size: 32, [top]) == sample(path, size: 32, [top]))
    }

    @Test func damagedBytesNeverCrash() throws {
        let folder = try TemporaryFolder()
        let reader = try PhotoReader()
        let storage = Storage(count: 32 * 32 * 3)
        var random = Random(seed: 5, .test)
        var refused = 0
        var read = 0
        for photo in try FormatFixtures.photos() {
            let whole = try [UInt8](Data(contentsOf: URL(fileURLWithPath: photo.path)))
            for round in 0..<40 {
                var bytes = whole
                for _ in 0...random.integer(below: 3) {
                    bytes[12 + random.integer(below: bytes.count - 12)] = UInt8(
                        truncatingIfNeeded: random.next32()
                    )
                }
                if photo.name.hasSuffix(".png") { bytes = TestPNG.sealed(bytes) }
                let path = try folder.write("rot", bytes)
                do {
                    try reader.sample(
                        PhotoBytes(path: path),
                        imageSize: 32,
                        augmentations: [RandomResizedCrop(scale: 0.1...1)],
                        normalisation: .imageNet,
                        random: Random(seed: 1, .test, UInt64(round)),
                        into: storage.base
                    )
                    read += 1
                    #expect(storage.buffer.allSatisfy { $0.isFinite })
                } catch {
                    refused += 1
                    #expect(!error.reason.isEmpty)
                }
            }
            // The reader is none the worse for it.
            guard photo.library.version != nil else { continue }
            #expect(try reader.bitmap(photo.path) == photo.bitmap)
        }
        #expect(refused > 0 && (read > 0 || !Self.hasPNG))
    }

    @Test func otherKindsAreToldWithWhatConvertsThem() throws {
        let folder = try TemporaryFolder()
        let reader = try PhotoReader()
        let bitmap = Array("BM".utf8) + [UInt8](repeating: 0, count: 60)
        for (bytes, word, command) in [
            (Array("GIF89a".utf8), "GIF", "mogrify"),
            (Array("\0\0\0 ftypavif".utf8), "AVIF", "avifdec"),
            (Array("\0\0\0 ftypheic".utf8), "HEIC", "heif-convert"), (bitmap, "BMP", "mogrify"),
            (Array("II*\0".utf8), "TIFF", "mogrify"), ([0xFF, 0x0A], "JPEG XL", "djxl"),
            (Array("\0\0\0\u{0C}jP  ".utf8), "JPEG 2000", "mogrify"),
        ] as [([UInt8], String, String)] {
            let path = try folder.write("photo.jpg", bytes)
            let found = message { _ = try reader.check(path) }
            #expect(found.contains(word) && found.contains("convert it: \(command)"), "\(found)")
        }
    }

    @Test func bytesAtHandAreReadAsFilesAre() throws {
        let folder = try TemporaryFolder()
        let bytes = try encodeJPEG(waves(width: 90, height: 60), quality: 90)
        let path = try folder.write("a.jpg", bytes)
        let storage = Storage(count: 24 * 24 * 3)
        func read(_ photo: PhotoBytes) throws -> [Float] {
            try PhotoReader().sample(
                photo,
                imageSize: 24,
                augmentations: [WholePhoto()],
                normalisation: .unit,
                random: Random(seed: 1, .test),
                into: storage.base
            )
            return Array(storage.buffer)
        }
        let expected = try read(PhotoBytes(path: path))
        #expect(try read(PhotoBytes(name: "standard input", bytes: bytes)) == expected)
        let none = PhotoBytes(name: "standard input", bytes: [])
        #expect(message { _ = try read(none) } == "standard input: it is empty")
        let much = PhotoBytes(
            name: "standard input",
            bytes: [UInt8](repeating: 0, count: (1 << 28) + 1)
        )
        #expect(message { _ = try read(much) }.contains("more than 256 MiB"))
    }

    @Test func filesInFoldersAreJudgedByContentAndName() throws {
        let folder = try TemporaryFolder()
        for name in ["empty.png", "numbers", "notes.txt", ".hidden.jpg", "deep/er/numbers.dat"] {
            try folder.write(name, name == "empty.png" ? "" : "\u{1}\u{2}\u{3}")
        }
        _ = try folder.write("deep/photo", encodeJPEG(Bitmap(width: 8, height: 8), quality: 80))
        _ = try folder.write("deep/er/gif", Array("GIF89a".utf8))
        let found = try listPhotos(below: folder.path)
        #expect(
            found.paths.map { $0.dropFirst(folder.path.count) }
                == ["/empty.png", "/deep/photo", "/deep/er/gif"]
        )
        let said = found.remarks.lines.joined()
        #expect(said.contains("2 files below \(folder.path) of which the content is no photo"))
        #expect(said.contains("(numbers, deep/er/numbers.dat)"))
        #expect(said.contains("1 .txt") && said.contains("1 hidden file"))
    }

    @Test func commonReasonsAreCounted() {
        let problems = ["x", "y", "z", "y", "x", "x"].map { PhotoProblem(path: "p", reason: $0) }
        #expect(commonReasons(problems) == ["3 photos: x", "2 photos: y"])
    }
}
