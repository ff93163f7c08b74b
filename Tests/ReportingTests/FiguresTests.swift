import Reporting
import Testing

@Suite struct FiguresTests {
    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1,000"), (1_580_470, "1,580,470"), (-12_345, "-12,345"),
    ])
    func wholeNumbersAreGrouped(value: Int, text: String) {
        #expect(Figures.grouped(value) == text)
    }

    @Test(arguments: [(0, "0 ranks"), (1, "1 rank"), (8, "8 ranks"), (1_024, "1,024 ranks")])
    func wordsFollowTheirNumbers(number: Int, text: String) {
        #expect(Figures.count(number, "rank") == text)
    }

    @Test(arguments: [
        (0, "0.0 s"), (2e-5, "under 1 ms"), (0.04, "40 ms"), (0.0994, "99 ms"), (9.94, "9.9 s"),
        (9.96, "10 s"), (59.4, "59 s"), (59.6, "1:00 min"),
        (187, "3:07 min"), (3_600, "1:00 h"), (8_100, "2:15 h"), (200_000, "2 d 7 h"),
        (.infinity, "–"), (.nan, "–"),
    ])
    func timesAreShort(seconds: Double, text: String) {
        #expect(Figures.duration(seconds) == text)
    }

    @Test(arguments: [
        (0, "0"), (0.05, "0.05"), (1e-5, "1e-05"), (12_345, "12.35k"), (-2.5, "-2.5"),
        (2_000_000, "2M"),
    ])
    func compactNumbersAreShort(value: Double, text: String) {
        #expect(Figures.compact(value) == text)
    }

    @Test(arguments: [
        (512, "512 bytes"), (2048, "2.0 KiB"), (50 << 20, "50 MiB"), (3 << 29, "1.5 GiB"),
    ])
    func memoryIsShort(bytes: Int, text: String) {
        #expect(Figures.bytes(bytes) == text)
    }
}
