import Foundation
import Images
import Tensors
import Testing

@Suite struct PhotoDecodingTests {
    @Test func encodedPixelsComeBack() throws {
        let folder = try TemporaryFolder()
        let bitmap = waves(width: 150, height: 97)
        let path = try folder.write("a.jpg", encodeJPEG(bitmap, quality: 95))
        let decoded = try decodePhoto(path: path)
        #expect(decoded.width == 150 && decoded.height == 97)
        #expect(meanDifference(values(decoded), values(bitmap)) < 1.5)
        let header = try PhotoReader().header(path)
        #expect(header.width == 150 && header.height == 97 && header.components == 3)
        #expect(!header.isProgressive)
    }

    @Test(arguments: [
        (640, 480, 80, 60), (640, 480, 81, 60), (640, 480, 400, 10), (50, 40, 80, 60),
    ])
    func reductionCovers(width: Int, height: Int, wide: Int, high: Int) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "a.jpg",
            encodeJPEG(waves(width: width, height: height), quality: 80)
        )
        let decoded = try decodePhoto(path: path, covering: (wide, high))
        let covers = decoded.width >= wide && decoded.height >= high
        #expect(covers || (decoded.width == width && decoded.height == height))
        let halved = decoded.width / 2 >= wide && decoded.height / 2 >= high
        #expect(!halved || decoded.width == width / 8)
    }

    @Test func encodingRefusesWhatIsNoPhoto() {
        #expect(throws: PhotoError.self) {
            _ = try encodeJPEG(Bitmap(width: 0, height: 5), quality: 80)
        }
        #expect(throws: PhotoError.self) {
            _ = try encodeJPEG(Bitmap(width: 70_000, height: 1), quality: 80)
        }
    }

    @Test(arguments: [
        ("PNG", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]), ("GIF", Array("GIF89a".utf8)),
        ("WebP", Array("RIFF\0\0\0\0WEBPVP8 ".utf8)), ("AVIF", Array("\0\0\0 ftypavif".utf8)),
        ("HEIC", Array("\0\0\0 ftypheic".utf8)), ("HTML", Array("\n<!DOCTYPE html><p>404".utf8)),
        ("text", Array("hello".utf8)), ("empty", []), ("zeros", [UInt8](repeating: 0, count: 99)),
        ("damaged", [0xFF, 0xD8, 0xFF]), ("no photo", [1, 2, 3, 200]),
    ])
    func contentDecidesAndNotTheName(word: String, bytes: [UInt8]) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("photo.jpg", bytes)
        do {
            _ = try decodePhoto(path: path)
            Issue.record("\(word) was decoded")
        } catch {
            #expect(error.reason.contains(word))
            #expect(error.description.contains(path))
        }
    }

    @Test func filesThatCannotBeReadSayWhy() throws {
        let folder = try TemporaryFolder()
        let missing = folder.path + "/none.jpg"
        #expect(
            throws: PhotoError.unreadable(path: missing, reason: "there is no such file")
        ) { _ = try PhotoReader().header(missing) }
        #expect(
            throws: PhotoError.unreadable(path: folder.path, reason: "this is no regular file")
        ) { _ = try PhotoReader().header(folder.path) }
    }

    @Test func absurdExtentsAreRefused() throws {
        let folder = try TemporaryFolder()
        var bytes = try encodeJPEG(waves(width: 64, height: 64), quality: 80)
        let frame = try #require(
            bytes.indices.first { bytes[$0...].starts(with: [0xFF, 0xC0]) }
        )
        for (high, low) in [(0xFF, 0xDC), (0x30, 0x00)] as [(UInt8, UInt8)] {
            for at in [5, 7] {
                bytes[frame + at] = high
                bytes[frame + at + 1] = low
            }
            let path = try folder.write("bomb.jpg", bytes)
            do {
                _ = try PhotoReader().check(path)
                Issue.record("the bomb was decoded")
            } catch {
                #expect(error.reason.contains("claims"))
            }
        }
    }

    @Test func truncationIsNoticedWhereItMatters() throws {
        let folder = try TemporaryFolder()
        let whole = try encodeJPEG(waves(width: 400, height: 400), quality: 90)
        let half = try folder.write("half.jpg", Array(whole.prefix(whole.count / 2)))
        #expect(throws: PhotoError.self) { _ = try PhotoReader().check(half) }
        #expect(throws: PhotoError.self) { _ = try sample(half, size: 32, [WholePhoto()]) }
        // The rows before the cut are all there.
        let top = CropBox(x: 100, y: 0, width: 120, height: 120)
        let path = try folder.write("whole.jpg", whole)
        #expect(
            try sample(half, size: 32, [SetCrop(box: top)])
                == sample(path, size: 32, [SetCrop(box: top)])
        )
        // Of a file without its last bytes at most a corner is lost.
        let nearly = try folder.write("nearly.jpg", Array(whole.dropLast(4)))
        _ = try PhotoReader().check(nearly)
    }

    @Test func damagedBytesNeverCrash() throws {
        let folder = try TemporaryFolder()
        let whole = try encodeJPEG(waves(width: 96, height: 80), quality: 60)
        var random = Random(seed: 3, .test)
        let reader = try PhotoReader()
        let storage = Storage(count: 32 * 32 * 3)
        var refused = 0
        for round in 0..<400 {
            var bytes = whole
            for _ in 0...random.integer(below: 6) {
                bytes[2 + random.integer(below: bytes.count - 2)] = UInt8(
                    truncatingIfNeeded: random.next32()
                )
            }
            let path = try folder.write("rot.jpg", bytes)
            do {
                try reader.sample(
                    PhotoBytes(path: path),
                    imageSize: 32,
                    augmentations: [RandomResizedCrop(scale: 0.1...1)],
                    normalisation: .imageNet,
                    random: Random(seed: 1, .test, UInt64(round)),
                    into: storage.base
                )
                #expect(storage.buffer.allSatisfy { $0.isFinite })
            } catch {
                refused += 1
                #expect(!error.reason.isEmpty)
            }
        }
        #expect(refused > 0)
        // The reader is none the worse for it.
        let path = try folder.write("whole.jpg", whole)
        #expect(try reader.bitmap(path) == decodePhoto(path: path))
    }
}
