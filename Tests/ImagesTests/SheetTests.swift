import Foundation
import Images
import Testing

@Suite struct SheetTests {
    private let white = SIMD3<UInt8>(255, 255, 255)
    private let black = SIMD3<UInt8>(0, 0, 0)

    /// Where there is ink: columns and rows.
    private func ink(_ text: String, scale: Int = 2) -> (bitmap: Bitmap, box: [Int]) {
        let style = CaptionStyle(scale: scale)
        var bitmap = Bitmap(width: 600, height: style.lineHeight + 8, fill: white)
        style.draw(text, on: &bitmap, x: 4, y: 4, black)
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

    @Test func everyLetterOfLatin1AndExtendedAIsLegible() {
        var seen: [[UInt8]: [Character]] = [:]
        let values = Array(0x21...0x7e) + Array(0xc0...0x17f)
        for scalar in values.compactMap({ Unicode.Scalar(UInt32($0)) }) {
            let drawn = ink(String(Character(scalar)))
            #expect(drawn.box[2] >= drawn.box[0], "\(scalar) is not drawn")
            seen[drawn.bitmap.pixels, default: []].append(Character(scalar))
        }
        // Letters that look alike by nature.
        #expect(seen.values.filter { $0.count > 1 }.map { String($0) } == ["ÐĐ"])
    }

    @Test func inkStaysInItsLineAndWidth() {
        for text in ["Ågård ÇŻŐ gjpqy ŲŞ", "Sure (97.3 %) [x] {y} | @", "İıǦ Ḑạ ĩ"] {
            for scale in [1, 2, 3] {
                let style = CaptionStyle(scale: scale)
                let box = ink(text, scale: scale).box
                #expect(box[1] >= 4 && box[3] < 4 + style.lineHeight, "\(text) at \(scale): \(box)")
                #expect(box[0] >= 4 && box[2] < 4 + style.width(text), "\(text) at \(scale)")
            }
        }
    }

    @Test func otherScriptsAreSpelledInLatinLetters() {
        #expect(ink("Αθήνα").bitmap == ink("Athḗna").bitmap)
        #expect(ink("“Łódź” – …").bitmap == ink("\"Łódź\" - ...").bitmap)
        #expect(ink("Cafe\u{301}").bitmap == ink("Caf\u{e9}").bitmap)
        #expect(ink("½").bitmap == ink("1/2").bitmap)
        #expect(ink("a 😀 b").bitmap == ink("a b").bitmap)
        #expect(ink("😀").bitmap == ink("?").bitmap)
        #expect(ink("").box[0] == Int.max)
    }

    @Test func textOutsideTheBitmapIsCutOff() {
        var bitmap = Bitmap(width: 20, height: 10, fill: white)
        CaptionStyle(scale: 3).draw("Wide", on: &bitmap, x: -30, y: -12, black)
        #expect(bitmap.pixels.contains { $0 < 100 })
        CaptionStyle(scale: 3).draw("Gone", on: &bitmap, x: 900, y: 900, black)
    }

    @Test func linesAreWrappedAndCut() {
        let style = CaptionStyle(scale: 2)
        let text = "Singing Arch of Kavella and a word Donaudampfschifffahrtsgesellschaft more"
        for width in [30, 60, 120, 300] {
            for count in 1...4 {
                let lines = style.wrap(text, width: width, lines: count)
                #expect(!lines.isEmpty && lines.count <= count)
                for line in lines { #expect(style.width(line) <= width, "\(line) in \(width)") }
            }
        }
        #expect(style.wrap("one two", width: 400, lines: 2) == ["one two"])
        #expect(style.wrap("one two", width: style.width("one t"), lines: 2) == ["one", "two"])
        #expect(style.wrap("", width: 50, lines: 2).isEmpty)
        #expect(style.wrap(text, width: 120, lines: 2).last?.hasSuffix("...") == true)
        let whole = style.wrap(text, width: 120, lines: 12).joined(separator: " ")
        #expect(whole.replacingOccurrences(of: "- ", with: "") == text)
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
        let read = try decodePhoto(path: folder.write("sheet.jpg", bytes))
        #expect(read.width == bitmap.width && read.height == bitmap.height)
        let empty = PhotoSheet(title: "", sections: []).draw()
        #expect(empty.width > 0 && empty.height > 0)
        let unread = PhotoSheet.Entry(path: folder.path + "/none.jpg", lines: [])
        #expect(unread.photo == nil)
    }
}
