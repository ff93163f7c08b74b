import Foundation
import Images
import Testing

@Suite struct PhotoResamplingTests {
    // Expected values, by Pillow:
    //
    //   y, x = np.mgrid[0:480, 0:640].astype(float)
    //   red = 128 + 80 * np.sin(x / 60 + y / 150) + 30 * np.sin(x / 2.3)
    //   green = 128 + 90 * np.sin(y / 50 - x / 400) + 20 * np.sin(y / 1.7)
    //   blue = np.where((x // 90 + y // 110) % 2 == 0, 210, 40) + 20 * np.sin(x * y / 900)
    //   photo = np.stack([red, green, blue], 2).astype(np.uint8)
    //   file = io.BytesIO()
    //   Image.fromarray(photo).save(file, "JPEG", quality=95, subsampling=0)
    //   photo = Image.open(file)
    //   photo.resize((6, 6), Image.BILINEAR)
    //   photo.crop((101, 37, 401, 277)).resize((6, 6), Image.BILINEAR)
    private static let whole: [Float] = [
        192, 182, 172, 138, 167, 107, 67, 148, 129, 142, 128, 138, 182, 108, 100, 96, 90, 168,
        190, 184, 115, 109, 193, 129, 76, 199, 124, 167, 199, 121, 163, 194, 130, 73, 186, 114,
        173, 82, 106, 83, 96, 133, 98, 114, 123, 184, 133, 119, 134, 152, 135, 63, 168, 105,
        143, 73, 159, 69, 64, 109, 128, 57, 127, 186, 56, 135, 103, 59, 105, 70, 67, 160,
        109, 177, 98, 71, 162, 136, 159, 145, 122, 171, 126, 116, 79, 107, 140, 93, 91, 98,
        82, 189, 119, 87, 198, 127, 179, 204, 124, 147, 204, 123, 68, 198, 128, 123, 189, 118,
    ]
    private static let crop: [Float] = [
        169, 194, 42, 114, 187, 112, 63, 179, 207, 55, 170, 105, 94, 160, 49, 150, 151, 164,
        153, 213, 78, 97, 212, 117, 56, 211, 170, 63, 208, 114, 112, 204, 83, 167, 199, 146,
        133, 185, 200, 80, 191, 136, 52, 198, 50, 75, 203, 142, 131, 208, 193, 183, 210, 89,
        113, 122, 210, 66, 132, 138, 54, 142, 41, 91, 153, 144, 151, 163, 201, 195, 171, 84,
        93, 63, 137, 57, 70, 126, 61, 78, 112, 109, 87, 127, 169, 96, 136, 202, 106, 119,
        78, 41, 40, 53, 41, 112, 71, 43, 207, 127, 46, 105, 183, 50, 49, 204, 55, 164,
    ]

    /// The photo of the snippet.
    private static func photo() -> Bitmap {
        var bitmap = Bitmap(width: 640, height: 480)
        for row in 0..<480 {
            for column in 0..<640 {
                let (x, y) = (Double(column), Double(row))
                let light = (column / 90 + row / 110) % 2 == 0
                bitmap[column, row] = SIMD3(
                    UInt8(128 + 80 * sin(x / 60 + y / 150) + 30 * sin(x / 2.3)),
                    UInt8(128 + 90 * sin(y / 50 - x / 400) + 20 * sin(y / 1.7)),
                    UInt8((light ? 210 : 40) + 20 * sin(x * y / 900))
                )
            }
        }
        return bitmap
    }

    @Test func equalsPillow() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.jpg", encodeJPEG(Self.photo(), quality: 95))
        #expect(meanDifference(try sample(path, size: 6, [WholePhoto()]), Self.whole) < 1)
        let crop = SetCrop(box: CropBox(x: 101, y: 37, width: 300, height: 240))
        #expect(meanDifference(try sample(path, size: 6, [crop]), Self.crop) < 1)
        let resized = try decodePhoto(path: path).resized(width: 6, height: 6)
        #expect(meanDifference(values(resized), Self.whole) < 1)
    }

    /// A triangle filter of the box, written out; with a radius of 1 it is plain interpolation.
    private static func naive(
        _ bitmap: Bitmap,
        _ box: CropBox,
        size: Int,
        antialiased: Bool
    ) -> [Float] {
        func taps(_ low: Double, _ extent: Double, _ count: Int, _ output: Int) -> [(Int, Double)] {
            let scale = extent / Double(size)
            let radius = antialiased ? max(scale, 1) : 1
            let first = max(Int(low.rounded(.down)), 0)
            let last = min(Int((low + extent).rounded(.up)), count)
            let centre = low + (Double(output) + 0.5) * scale
            let weights = (first..<last).map { input in
                (input, max(1 - abs(Double(input) + 0.5 - centre) / radius, 0))
            }
            let sum = weights.reduce(0) { $0 + $1.1 }
            return weights.filter { $0.1 > 0 }.map { ($0.0, $0.1 / sum) }
        }
        var result: [Float] = []
        for v in 0..<size {
            for u in 0..<size {
                var sum = SIMD3<Double>()
                for (y, down) in taps(box.y, box.height, bitmap.height, v) {
                    for (x, across) in taps(box.x, box.width, bitmap.width, u) {
                        sum += down * across * SIMD3<Double>(bitmap[x, y])
                    }
                }
                result += [Float(sum.x), Float(sum.y), Float(sum.z)]
            }
        }
        return result
    }

    @Test(arguments: [
        CropBox(x: 0, y: 0, width: 90, height: 70), CropBox(x: 3, y: 60, width: 20, height: 10),
        CropBox(x: 10.25, y: 5.5, width: 61.5, height: 33.75),
    ])
    func equalsTheNaiveFilter(box: CropBox) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.jpg", encodeJPEG(waves(width: 90, height: 70), quality: 95))
        let decoded = try decodePhoto(path: path)
        // At this size no reduction applies, so only the fixed-point weights differ.
        let made = try sample(path, size: 48, [SetCrop(box: box)])
        let expected = Self.naive(decoded, box, size: 48, antialiased: true)
        #expect(meanDifference(made, expected) < 0.3)
        #expect(zip(made, expected).allSatisfy { abs($0 - $1) < 3 })
    }

    @Test func stretchInterpolatesThePlainPhoto() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.jpg", encodeJPEG(Self.photo(), quality: 90))
        let decoded = try decodePhoto(path: path)
        let made = try sample(path, size: 20, [Stretch()])
        let whole = CropBox(x: 0, y: 0, width: 640, height: 480)
        let expected = Self.naive(decoded, whole, size: 20, antialiased: false)
        #expect(meanDifference(made, expected) < 0.5)
    }

    @Test func whiteStaysWhite() throws {
        let folder = try TemporaryFolder()
        let white = Bitmap(width: 900, height: 700, fill: SIMD3(repeating: 255))
        let path = try folder.write("white.jpg", encodeJPEG(white, quality: 90))
        for size in [1, 3, 50, 224, 1000] {
            #expect(
                try sample(path, size: size, [WholePhoto()]).allSatisfy { abs($0 - 255) < 0.01 }
            )
        }
    }
}
