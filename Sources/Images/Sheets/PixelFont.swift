import Foundation

/// A font of dots for the captions of picture sheets; most letters are 5 dots wide, capitals 7 high.
///
/// It has the letters of ASCII, Latin letters such as ø and ß, and accents, which are put together with
/// them. Other scripts are spelled in Latin letters; of what has no spelling nothing is drawn, and a text of
/// nothing else is drawn as `?`.
struct PixelFont: Sendable {
    /// Rows of a line: 3 for accents, 7 for capitals, 2 below the base line.
    static let rows = 12

    /// Each letter with its 9 rows from the top of a capital down; a row is a digit in base 32, the highest
    /// of its five bits the dot on the left.
    private static let letterTable = #"""
        Aehhvhhh00Buhhuhhu00Cehggghe00Dsihhhis00Evgguggv00Fvgguggg00Gehgnhhf00Hhhhvhhh00Is88888s00
        J72222ic00Khikokih00Lggggggv00Mhrllhhh00Nhppljjh00Oehhhhhe00Puhhuggg00Qehhhlid00Ruhhukih00
        Sfgge11u00Tv44444400Uhhhhhhe00Vhhhhha400Whhhllla00Xhha4ahh00Yhha444400Zv1248gv00a00e1fhf00
        bggmphhu00c00eggge00d11djhhf00e00ehvge00f68s888800g00fhhf11ehggmphhh00ig0ggggg00j40444444o
        kggikoki00lgggggg800m00qllll00n00mphhh00o00ehhhe00p00uhhpmggq00fhhjd11r00moggg00s00egc2s00
        t88s888600u00hhhjd00v00hhha400w00hhlla00x00ha4ah00y00hhhf11ez00v248v000ehjlphe0018o8888s00
        2eh1248v003v2421he00426aiv22005vgu11he00668guhhe007v124888008ehhehhe009ehhf12c00 000000000
        !ggggg0g00"kkk000000#aavavaa00$4fke5u400%op248j300&cik8lid00'ggg000000(48ggg8400)g84448g00
        *0level000+044v44000,0000088g0-000u00000.00000oo00/01248g000:0oo0oo000;0cc0c4800<248g84200
        =00u0u0000>g84248g00?eh1240400@ehnlnge00[sgggggs00\0g8421000]s44444s00^4ah000000_000000v00
        `g80000000{488g88400|ggggggg00}g88488g00~009m00000ı00ggggg00ȷ00444444oßciikiik00ø00djlpm00
        Ødijlp9m00æ00q5fkb00Æfkkvkkn00œ00alnkb00Œfkknkkf00ł88co88400Ł88aco8f00đ72eiiie00Đe99t99e00
        ða4a2fhe00þggmphpmggÞguhhugg00Ðe99t99e00ħ8s8e99900Ħavaeaaa00ŧ88u8u8600Ŧv44e44400ŋ00mphhh16
        Ŋhppljjh16ĸ00ikoki00ſ688o88800ŀgggigg800Ŀgggiggv00×000k8k000÷040v04000·000oo0000°8k8000000
        £698u88v00€78u8u8700
        """#

    /// Each accent as four hexadecimal digits, with three rows above the letter, or below the base line for
    /// those from U+0323 on.
    private static let accentTable = """
        0300840 0301240 03024a0 0303dm0 03040e0 0306ae0 0307040 03080a0 0309640 030a4a4
        030b5a0 030ca40 0323040 0326480 03274c0 0328460 03310e0
        """

    private let letters: [Unicode.Scalar: [UInt8]]
    private let accents: [Unicode.Scalar: [UInt8]]

    init() {
        var letters: [Unicode.Scalar: [UInt8]] = [:]
        var signs = PixelFont.letterTable.unicodeScalars.filter { $0 != "\n" }[...]
        while let letter = signs.popFirst() {
            letters[letter] = signs.prefix(9).map(PixelFont.row)
            signs = signs.dropFirst(9)
        }
        self.letters = letters
        var accents: [Unicode.Scalar: [UInt8]] = [:]
        for text in PixelFont.accentTable.split(whereSeparator: \.isWhitespace) {
            guard let accent = UInt32(text.prefix(4), radix: 16).flatMap(Unicode.Scalar.init)
            else { continue }
            accents[accent] = text.dropFirst(4).unicodeScalars.map(PixelFont.row)
        }
        self.accents = accents
    }

    private static func row(_ digit: Unicode.Scalar) -> UInt8 {
        UInt8(String(digit), radix: 32) ?? 0
    }

    /// Places of the dots of a text, from the upper left corner of its line, and its width in dots.
    func dots(_ text: String) -> (places: [(x: Int, y: Int)], width: Int) {
        var places: [(x: Int, y: Int)] = []
        var x = 0
        func draw(_ rows: [UInt8], x: Int, y: Int) {
            for (row, bits) in rows.enumerated() {
                for column in 0..<5 where bits >> UInt8(4 - column) & 1 == 1 {
                    places.append((x + column, y + row))
                }
            }
        }
        for character in spelled(text) {
            let scalars = String(character).decomposedStringWithCanonicalMapping.unicodeScalars
            guard let first = scalars.first, var rows = letters[first] else { continue }
            let marks = scalars.dropFirst()
            // A dot makes way for an accent above.
            let dotless: Unicode.Scalar? = first == "i" ? "ı" : first == "j" ? "ȷ" : nil
            if let dotless, marks.contains(where: { $0.value < 0x323 }) {
                rows = letters[dotless] ?? rows
            }
            let ink = rows.reduce(0, |)
            let width = ink == 0 ? 3 : 5 - ink.trailingZeroBitCount
            // Accents are five dots wide.
            let room = marks.isEmpty ? width : 5
            draw(rows, x: x + (room - width) / 2, y: 3)
            for mark in marks {
                let top = rows.firstIndex { $0 != 0 } ?? 0
                draw(accents[mark] ?? [], x: x, y: mark.value < 0x323 ? top : 10)
            }
            x += room + 1
        }
        return (places, max(x - 1, 0))
    }

    /// A text in letters that the font has.
    func spelled(_ text: String) -> String {
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard !words.allSatisfy(has) else { return words }
        let latin = words.applyingTransform(.toLatin, reverse: false) ?? words
        let spelled = latin.map { letter in
            if has(letter) { return String(letter) }
            let plain = StringTransform("Latin-ASCII")
            return (String(letter).applyingTransform(plain, reverse: false) ?? "").filter(has)
        }
        let tidy = spelled.joined().split(separator: " ").joined(separator: " ")
        return tidy.isEmpty ? "?" : tidy
    }

    private func has(_ character: Character) -> Bool {
        let scalars = String(character).decomposedStringWithCanonicalMapping.unicodeScalars
        guard let first = scalars.first, letters[first] != nil else { return false }
        return scalars.dropFirst().allSatisfy { accents[$0] != nil }
    }
}

/// Text of one size.
public struct CaptionStyle: Sendable {
    /// Pixels of a dot's side.
    let scale: Int
    private let font = PixelFont()

    /// Makes a style whose dots are `scale` pixels wide.
    public init(scale: Int) { self.scale = scale }

    /// Height of a line in pixels.
    public var lineHeight: Int { PixelFont.rows * scale }

    /// Width of a text in pixels, with a pixel for thick letters.
    public func width(_ text: String) -> Int { font.dots(text).width * scale + 1 }

    /// Draws a text whose line begins at (x, y), its upper left corner; what lies outside is left out.
    public func draw(
        _ text: String,
        on bitmap: inout Bitmap,
        x: Int,
        y: Int,
        _ colour: SIMD3<UInt8>,
        isBold: Bool = false
    ) {
        let width = scale + (isBold ? 1 : 0)
        for dot in font.dots(text).places {
            let (left, top) = (x + dot.x * scale, y + dot.y * scale)
            bitmap.fill(x: left, y: top, width: width, height: scale, colour)
        }
    }

    /// Breaks a text into lines of at most `width` pixels; what does not fit into `lines` lines is
    /// cut with three dots.
    public func wrap(_ text: String, width: Int, lines: Int) -> [String] {
        var result: [String] = []
        var rest = font.spelled(text).split(separator: " ").map(String.init)[...]
        while var line = rest.popFirst(), result.count < lines {
            while let next = rest.first, self.width(line + " " + next) <= width {
                line += " " + next
                rest.removeFirst()
            }
            let isLast = result.count == lines - 1
            if isLast, !rest.isEmpty { line += " " + rest.joined(separator: " ") }
            if self.width(line) > width {
                let end = isLast ? "..." : "-"
                var kept = line
                while kept.count > 1, self.width(kept + end) > width || kept.last == " " {
                    kept.removeLast()
                }
                if !isLast { rest = [String(line.dropFirst(kept.count))] + rest }
                line = kept + end
            }
            result.append(line)
        }
        return result
    }
}
