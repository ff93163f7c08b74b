import Images
import Testing

@Suite struct HeatMapTests {
    private let grey = SIMD3<UInt8>(128, 128, 128)

    /// A map on the middle square of a photo of 40 × 20 pixels.
    private func map(_ rows: Int, _ columns: Int, _ values: [Float]) -> HeatMap {
        var plan = SamplePlan(photoWidth: 40, photoHeight: 20, imageSize: 10)
        plan.crop = CropBox(x: 10, y: 0, width: 20, height: 20)
        return HeatMap(rows: rows, columns: columns, values: values, on: plan)
    }

    @Test func valuesLieOnTheCrop() {
        // The photo in twice its size: the crop is the columns from 20 to 60.
        let photo = Bitmap(width: 80, height: 40, fill: grey)
        let drawn = map(2, 2, [1, 0, 0, 0]).drawn(on: photo)
        #expect(drawn.width == 80 && drawn.height == 40)
        for (x, y) in [(0, 20), (19, 0), (60, 5), (79, 39)] { #expect(drawn[x, y].x < 100) }
        // Near the corner of the hot place: yellow, which has little blue; in the cold ones nothing.
        let hot = drawn[21, 1]
        #expect(hot.x > 200 && hot.y > 180 && hot.z < 100)
        for (x, y) in [(58, 1), (21, 38), (58, 38)] { #expect(drawn[x, y] == grey) }
        // Between them it fades.
        let between = drawn[39, 1]
        #expect(between != grey && between.x < hot.x && between.x >= 128)
    }

    @Test func whatSpeaksAgainstIsNotDrawn() {
        let photo = Bitmap(width: 40, height: 20, fill: grey)
        let cold = map(1, 2, [-3, -1])
        #expect(!cold.isSeen)
        let drawn = cold.drawn(on: photo)
        for x in 10..<30 { #expect(drawn[x, 10] == grey) }
        let half = map(1, 2, [-5, 2])
        #expect(half.isSeen)
        #expect(half.drawn(on: photo)[11, 10] == grey)
        #expect(half.drawn(on: photo)[28, 10] != grey)
    }

    @Test func onePlaceColoursAll() {
        let drawn = map(1, 1, [0.25]).drawn(on: Bitmap(width: 40, height: 20, fill: grey))
        #expect(Set((10..<30).map { drawn[$0, 7] }).count == 1)
        #expect(drawn[15, 3] != grey)
    }
}
