import Foundation
import Images
import Tensors
import Testing

@Suite struct AugmentationTests {
    private func plan(_ width: Int, _ height: Int, size: Int = 64) -> SamplePlan {
        SamplePlan(photoWidth: width, photoHeight: height, imageSize: size)
    }

    @Test(arguments: [(640, 480), (30, 2000), (1, 1), (2000, 3)])
    func randomCropsStayInside(width: Int, height: Int) {
        let augmentation = RandomResizedCrop(scale: 0.08...1)
        for draw in 0..<500 {
            var plan = plan(width, height)
            var random = Random(seed: 5, .test, UInt64(draw))
            augmentation.apply(to: &plan, using: &random)
            let crop = plan.crop
            #expect(crop.x >= 0 && crop.y >= 0 && crop.width >= 1 && crop.height >= 1)
            #expect(crop.x + crop.width <= Double(width))
            #expect(crop.y + crop.height <= Double(height))
        }
    }

    @Test func randomCropsHaveTheAreasAndAspectsAskedFor() {
        let augmentation = RandomResizedCrop(scale: 0.2...0.6)
        var areas = 0.0
        var aspects = 0.0
        let draws = 4_000
        for draw in 0..<draws {
            var plan = plan(1000, 1000)
            var random = Random(seed: 6, .test, UInt64(draw))
            augmentation.apply(to: &plan, using: &random)
            let share = plan.crop.width * plan.crop.height / 1e6
            let aspect = plan.crop.width / plan.crop.height
            #expect((0.195...0.605).contains(share) && (0.74...1.35).contains(aspect))
            areas += share
            aspects += log(aspect)
        }
        #expect(abs(areas / Double(draws) - 0.4) < 0.01)
        #expect(abs(aspects / Double(draws)) < 0.01)
    }

    @Test func centreCropIsTorchvisions() {
        // 1600×1200 becomes 341×256, of which 224×224 begin at (58, 16):
        // T.Resize(256), T.CenterCrop(224).
        var plan = plan(1600, 1200, size: 224)
        var random = Random(seed: 1, .test)
        ShortSideCenterCrop(resize: 256, crop: 224).apply(to: &plan, using: &random)
        #expect(abs(plan.crop.x - 58 * 1600.0 / 341) < 1e-9)
        #expect(abs(plan.crop.y - 16 * 1200.0 / 256) < 1e-9)
        #expect(abs(plan.crop.width - 224 * 1600.0 / 341) < 1e-9)
        #expect(abs(plan.crop.height - 224 * 1200.0 / 256) < 1e-9)
    }

    @Test func flipsAsOftenAsAskedFor() {
        var flips = 0
        for draw in 0..<4_000 {
            var plan = plan(10, 10)
            var random = Random(seed: 7, .test, UInt64(draw))
            HorizontalFlip(probability: 0.25).apply(to: &plan, using: &random)
            if plan.flip { flips += 1 }
        }
        #expect(abs(flips - 1_000) < 120)
    }

    @Test func colourFactorsActInAnyOrder() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.jpg", encodeJPEG(waves(width: 64, height: 64), quality: 95))
        struct Recolour: Augmentation {
            func apply(to plan: inout SamplePlan, using random: inout Random) {
                (plan.brightness, plan.contrast, plan.saturation) = (1.1, 0.7, 1.3)
            }
        }
        let plain = try sample(path, size: 32, [WholePhoto()])
        let made = try sample(path, size: 32, [WholePhoto(), Recolour()])
        func luminance(_ pixel: ArraySlice<Float>) -> Float {
            let c = Array(pixel)
            return 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2]
        }
        var pixels = stride(from: 0, to: plain.count, by: 3).map { plain[$0..<$0 + 3] }
        // Saturation, brightness, contrast, one after the other.
        pixels = pixels.map { p in
            let own = luminance(p)
            return ArraySlice(p.map { 1.3 * $0 - 0.3 * own })
        }
        pixels = pixels.map { ArraySlice($0.map { 1.1 * $0 }) }
        let mean = pixels.reduce(0) { $0 + luminance($1) } / Float(pixels.count)
        let expected = pixels.flatMap { $0.map { min(max(0.7 * $0 + 0.3 * mean, 0), 255) } }
        #expect(zip(made, expected).allSatisfy { abs($0 - $1) < 0.02 })
        #expect(meanDifference(made, plain) > 5)
    }

    @Test func jitterKeepsToItsStrength() {
        for draw in 0..<300 {
            var plan = plan(10, 10)
            var random = Random(seed: 8, .test, UInt64(draw))
            ColourJitter(brightness: 0.4, contrast: 0.2, saturation: 2)
                .apply(to: &plan, using: &random)
            #expect((0.6...1.4).contains(plan.brightness))
            #expect((0.8...1.2).contains(plan.contrast))
            #expect((0...3).contains(plan.saturation))
        }
    }

    @Test func erasedAreaIsZeroAndTheRestStays() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.jpg", encodeJPEG(waves(width: 64, height: 64), quality: 95))
        let random = Random(seed: 9, .test)
        var plan = plan(64, 64, size: 40)
        var copy = random
        let erasing = RandomErasing(probability: 1)
        erasing.apply(to: &plan, using: &copy)
        let area = try #require(plan.erasing)
        #expect(area.rows.upperBound <= 40 && area.columns.upperBound <= 40)
        #expect((0.01...0.36).contains(Double(area.rows.count * area.columns.count) / 1600))
        let plain = try sample(path, size: 40, [WholePhoto()])
        let made = try sample(path, size: 40, [erasing], random: random)
        for y in 0..<40 {
            for x in 0..<40 {
                let isErased = area.rows.contains(y) && area.columns.contains(x)
                let at = (y * 40 + x) * 3
                #expect(made[at] == (isErased ? 0 : plain[at]))
            }
        }
    }
}
