import Foundation
import Images

/// The photos beside the tests, which `scripts/parity/make_photos.py` makes.
enum FormatFixtures {
    static let folder = String(#filePath.dropLast("PhotoFormatFixtures.swift".count)) + "Fixtures/"

    /// A photo and what Pillow finds in it.
    struct Photo: Decodable {
        var name: String
        var width: Int
        var height: Int
        /// Red, green and blue of each pixel as hexadecimal digits.
        var pixels: String

        var path: String { folder + name }

        var bitmap: Bitmap {
            var bitmap = Bitmap(width: width, height: height)
            let digits = Array(pixels)
            for index in bitmap.pixels.indices {
                bitmap.pixels[index] =
                    UInt8(String(digits[2 * index...2 * index + 1]), radix: 16) ?? 0
            }
            return bitmap
        }

        var library: SystemLibrary { name.hasSuffix(".png") ? .png : .webp }
    }

    static func photos() throws -> [Photo] {
        let data = try Data(contentsOf: URL(fileURLWithPath: folder + "photos.json"))
        return try JSONDecoder().decode([Photo].self, from: data)
    }
}

/// PNGs made by hand, deflated or not.
enum TestPNG {
    /// The bitmap as a PNG whose data are stored as they are.
    static func encode(_ bitmap: Bitmap) -> [UInt8] {
        var rows: [UInt8] = []
        for y in 0..<bitmap.height {
            rows.append(0)
            rows += bitmap.pixels[3 * bitmap.width * y..<3 * bitmap.width * (y + 1)]
        }
        var stream: [UInt8] = [0x78, 0x01]
        for start in stride(from: 0, to: rows.count, by: 65_535) {
            let part = rows[start..<min(start + 65_535, rows.count)]
            stream.append(part.endIndex == rows.count ? 1 : 0)
            stream += [part.count, ~part.count].flatMap { [UInt8($0 & 255), UInt8($0 >> 8 & 255)] }
            stream += part
        }
        var (low, high) = (1, 0)
        for byte in rows {
            low = (low + Int(byte)) % 65_521
            high = (high + low) % 65_521
        }
        stream += number(high << 16 | low)
        let header = number(bitmap.width) + number(bitmap.height) + [8, 2, 0, 0, 0]
        return signature + chunk("IHDR", header) + chunk("IDAT", stream) + chunk("IEND", [])
    }

    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + data
        return number(data.count) + body + number(checksum(body[...]))
    }

    /// The file with checksums that fit again, so that what was changed is not found by them.
    static func sealed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        var at = 8
        while at + 12 <= bytes.count {
            let length = bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= bytes.count - at - 12 else { break }
            let sum = checksum(bytes[at + 4..<at + 8 + length])
            bytes.replaceSubrange(at + 8 + length..<at + 12 + length, with: number(sum))
            at += 12 + length
        }
        return bytes
    }

    private static func number(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(value >> $0 & 255) }
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> Int {
        var sum: UInt32 = .max
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0xEDB8_8320 }
        }
        return Int(~sum)
    }
}
