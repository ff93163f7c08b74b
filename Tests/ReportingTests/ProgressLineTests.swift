import Reporting
import Testing

@Suite struct ProgressLineTests {
    private let line = ProgressLine(
        Samples.step(120, of: 600),
        loss: 1.23456,
        accuracy: 0.672,
        imagesPerSecond: 512.4,
        remaining: 83
    )

    @Test func aWideLineSaysAll() {
        let text = line.text(width: 200, bar: true)
        #expect(
            text.hasSuffix(
                "20 %  epoch 3/12  step 120/600  loss 1.235  acc 67.2 %  512 img/s  ETA 1:23 min"
            )
        )
        #expect(text.hasPrefix("████▊░"))
    }

    @Test(arguments: 1...120) func noLineIsWiderThanTheScreen(width: Int) {
        #expect(line.text(width: width, bar: true).count <= width)
    }

    @Test func lossAndStepOutlastTheRest() {
        let text = line.text(width: 30, bar: true)
        #expect(text == "step 120/600  loss 1.235")
    }

    @Test func epochsAreRoundedUp() {
        let line = ProgressLine(
            Samples.step(1, of: 51),
            loss: 1,
            accuracy: 0,
            imagesPerSecond: 1,
            remaining: nil
        )
        #expect(line.epochs == 2)
        #expect(line.text(width: 100).contains("ETA –"))
    }
}
