import Images
import Testing

@Suite struct PhotoOrientationTests {
    /// The bitmap as a camera that is held otherwise stores it: the inverse of what the tag asks.
    private static func stored(_ bitmap: Bitmap, tag: Int) -> Bitmap {
        let turned = tag >= 5
        var result = Bitmap(
            width: turned ? bitmap.height : bitmap.width,
            height: turned ? bitmap.width : bitmap.height
        )
        let (right, bottom) = (bitmap.width - 1, bitmap.height - 1)
        for y in 0..<result.height {
            for x in 0..<result.width {
                result[x, y] =
                    switch tag {
                    case 2: bitmap[right - x, y]
                    case 3: bitmap[right - x, bottom - y]
                    case 4: bitmap[x, bottom - y]
                    case 5: bitmap[y, x]
                    case 6: bitmap[right - y, x]
                    case 7: bitmap[right - y, bottom - x]
                    case 8: bitmap[y, bottom - x]
                    default: bitmap[x, y]
                    }
            }
        }
        return result
    }

    /// A JPEG with an Exif segment in front that holds the orientation alone.
    private static func tagged(_ jpeg: [UInt8], tag: Int, littleEndian: Bool) -> [UInt8] {
        func number(_ value: Int, _ bytes: Int) -> [UInt8] {
            let digits = (0..<bytes).map { UInt8(value >> (8 * $0) & 255) }
            return littleEndian ? digits : digits.reversed()
        }
        var tiff = Array((littleEndian ? "II" : "MM").utf8) + number(42, 2) + number(8, 4)
        tiff += number(1, 2) + number(0x0112, 2) + number(3, 2) + number(1, 4) + number(tag, 2)
        tiff += number(0, 2) + number(0, 4)
        let segment = Array("Exif\0\0".utf8) + tiff
        let length = segment.count + 2
        return [0xFF, 0xD8, 0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + segment
            + jpeg.dropFirst(2)
    }

    @Test(arguments: 1...8, [false, true])
    func photosStandUpright(tag: Int, littleEndian: Bool) throws {
        let folder = try TemporaryFolder()
        let upright = waves(width: 180, height: 120)
        let jpeg = try encodeJPEG(Self.stored(upright, tag: tag), quality: 97)
        let path = try folder.write(
            "turned.jpg",
            Self.tagged(jpeg, tag: tag, littleEndian: littleEndian)
        )
        let header = try PhotoReader().header(path)
        #expect(header.width == 180 && header.height == 120)
        let decoded = try decodePhoto(path: path)
        #expect(meanDifference(values(decoded), values(upright)) < 1.5)

        let plain = try folder.write("upright.jpg", encodeJPEG(upright, quality: 97))
        let crop = SetCrop(box: CropBox(x: 20, y: 5, width: 90, height: 110))
        let seen = try sample(path, size: 40, [crop])
        #expect(meanDifference(seen, try sample(plain, size: 40, [crop])) < 1)
        let mirrored = try sample(path, size: 40, [crop, HorizontalFlip(probability: 1)])
        for y in 0..<40 {
            for x in 0..<40 {
                for c in 0..<3 {
                    #expect(mirrored[(y * 40 + x) * 3 + c] == seen[(y * 40 + 39 - x) * 3 + c])
                }
            }
        }
    }

    @Test func brokenExifCountsAsUpright() throws {
        let folder = try TemporaryFolder()
        let jpeg = try encodeJPEG(waves(width: 60, height: 40), quality: 80)
        let good = Self.tagged(jpeg, tag: 6, littleEndian: true)
        for (at, value) in [(12, 0), (16, 0xFF), (18, 0x7F), (20, 0xFF), (22, 0), (30, 99)]
            as [(Int, UInt8)]
        {
            var bytes = good
            bytes[at] = value
            let path = try folder.write("broken.jpg", bytes)
            let decoded = try decodePhoto(path: path)
            #expect(decoded.width * decoded.height == 2400)
        }
    }
}
