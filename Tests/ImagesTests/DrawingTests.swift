import Foundation
import Images
import Testing

@Suite struct DrawingTests {
    private let white = SIMD3<UInt8>(255, 255, 255)
    private let black = SIMD3<UInt8>(0, 0, 0)

    /// Where there is ink: columns and rows.
    private func ink(_ text: String, height: Int = 24, x: Int = 4) -> (bitmap: Bitmap, box: [Int]) {
        let painter = TextPainter(lineHeight: height)
        var bitmap = Bitmap(width: 400, height: height + 8, fill: white)
        painter.draw(text, on: &bitmap, x: x, y: 4, black)
        var box = [Int.max, Int.max, Int.min, Int.min]
        for row in 0..<bitmap.height {
            for column in 0..<bitmap.width where bitmap[column, row].x < 200 {
                box = [
                    min(box[0], column), min(box[1], row), max(box[2], column), max(box[3], row),
                ]
            }
        }
        return (bitmap, box)
    }

    @Test func everyLetterOfLatin1AndExtendedAIsItsOwn() {
        var seen: [[UInt8]: Character] = [:]
        var same: [String] = []
        let scalars = Array(0x21...0x7e) + Array(0xc0...0xff) + Array(0x100...0x17f)
        for value in scalars {
            guard let scalar = Unicode.Scalar(UInt32(value)) else { continue }
            let drawn = ink(String(Character(scalar)))
            #expect(drawn.box[2] >= drawn.box[0], "\(scalar) is not drawn")
            if let other = seen.updateValue(Character(scalar), forKey: drawn.bitmap.pixels) {
                same.append("\(other)\(scalar)")
            }
        }
        // Letters that look alike by nature, or are written with two others.
        #expect(same.allSatisfy { ["ÐĐ"].contains($0) }, "\(same)")
    }

    @Test func inkStaysInItsLineAndWidth() {
        for text in ["Ågård ÇŻŐ gjpqy ŲŞ", "Most confident (97.3 %) [x] {y} | @", "İıǦ Ḑạ"] {
            for height in [12, 19, 24, 40] {
                let painter = TextPainter(lineHeight: height)
                guard painter.width(text) < 390 else { continue }
                let box = ink(text, height: height).box
                #expect(box[1] >= 3 && box[3] <= 4 + height, "\(text) at \(height): \(box)")
                #expect(box[0] >= 3 && box[2] <= 4 + painter.width(text), "\(text) at \(height)")
            }
        }
    }

    @Test func otherScriptsAreWrittenInLatinLetters() {
        #expect(ink("Αθήνα").bitmap == ink("Athḗna").bitmap)
        #expect(ink("“Łódź” – …").bitmap == ink("\"Łódź\" - ...").bitmap)
        #expect(ink("Cafe\u{301}").bitmap == ink("Caf\u{e9}").bitmap)
        #expect(ink("a 😀 b").bitmap == ink("a b").bitmap)
        #expect(ink("😀").bitmap == ink("?").bitmap)
        #expect(ink("").box[0] == Int.max)
    }

    @Test func textOutsideTheBitmapIsCutOff() {
        var bitmap = Bitmap(width: 20, height: 10, fill: white)
        TextPainter(lineHeight: 30).draw("Wide", on: &bitmap, x: -30, y: -12, black)
        #expect(bitmap.pixels.contains { $0 < 100 })
        TextPainter(lineHeight: 30).draw("Gone", on: &bitmap, x: 900, y: 900, black)
    }

    @Test func linesAreWrappedAndCut() {
        let painter = TextPainter(lineHeight: 20)
        let text = "Singing Arch of Kavella and a word Donaudampfschifffahrtsgesellschaft more"
        for width in [30, 60, 120, 300] {
            for count in 1...4 {
                let lines = painter.wrap(text, width: width, lines: count)
                #expect(lines.count <= count)
                for line in lines { #expect(painter.width(line) <= width, "\(line) in \(width)") }
            }
        }
        #expect(painter.wrap("one two", width: 400, lines: 2) == ["one two"])
        #expect(painter.wrap("one two", width: painter.width("one t"), lines: 2) == ["one", "two"])
        #expect(painter.wrap("", width: 50, lines: 2).isEmpty)
        #expect(painter.wrap(text, width: 120, lines: 2).last?.hasSuffix("...") == true)
        let whole = painter.wrap(text, width: 120, lines: 9).joined(separator: " ")
        #expect(whole.replacingOccurrences(of: "- ", with: "") == text)
    }

    @Test func rectanglesAndPicturesAreCutAtTheEdge() {
        var bitmap = Bitmap(width: 6, height: 4, fill: white)
        bitmap.fill(x: -2, y: 2, width: 4, height: 9, black)
        bitmap.fill(x: 9, y: 9, width: 4, height: 4, black)
        var expected = Bitmap(width: 6, height: 4, fill: white)
        for (x, y) in [(0, 2), (1, 2), (0, 3), (1, 3)] { expected[x, y] = black }
        #expect(bitmap == expected)
        bitmap.place(Bitmap(width: 3, height: 3, fill: SIMD3(9, 9, 9)), x: 4, y: -1)
        bitmap.place(Bitmap(width: 3, height: 3), x: -7, y: 0)
        for (x, y) in [(4, 0), (5, 0), (4, 1), (5, 1)] { expected[x, y] = SIMD3(9, 9, 9) }
        #expect(bitmap == expected)
        bitmap.frame(x: 0, y: 0, width: 6, height: 4, SIMD3(1, 2, 3))
        #expect(bitmap[3, 0] == SIMD3(1, 2, 3) && bitmap[0, 2] == SIMD3(1, 2, 3))
        #expect(bitmap[1, 1] == white)
    }

    @Test func aSheetHoldsPhotosFramesAndText() throws {
        let red = Bitmap(width: 64, height: 32, fill: SIMD3(250, 0, 0))
        let entries = (0..<3).map { number in
            PhotoSheet.Entry(
                photo: number == 2 ? nil : red,
                lines: [.init("Photo \(number)", .strong), .init("of nothing")],
                tone: number == 0 ? .right : .wrong
            )
        }
        let sheet = PhotoSheet(
            title: "A sheet",
            sections: [.init("First", entries), .init("", [entries[0]])],
            columns: 2
        )
        let bitmap = sheet.draw()
        let isRed = stride(from: 0, to: bitmap.pixels.count, by: 3).count {
            bitmap.pixels[$0] > 240 && bitmap.pixels[$0 + 1] < 10
        }
        // Three photos, 224 wide and 112 high; frames lie on their edges.
        #expect(isRed > 3 * 218 * 112 - 100 && isRed <= 3 * 224 * 112)
        let bytes = try sheet.jpeg()
        let folder = try TemporaryFolder()
        try Data(bytes).write(to: URL(fileURLWithPath: folder.path + "/sheet.jpg"))
        let read = try decodePhoto(path: folder.path + "/sheet.jpg")
        #expect(read.width == bitmap.width && read.height == bitmap.height)
        let empty = PhotoSheet(title: "", sections: []).draw()
        #expect(empty.width > 0 && empty.height > 0)
        let unread = PhotoSheet.Entry(path: folder.path + "/none.jpg", lines: [])
        #expect(unread.photo == nil)
    }
}
