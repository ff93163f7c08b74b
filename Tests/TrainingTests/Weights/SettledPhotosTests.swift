import Foundation
import Images
import Networks
import TensorFiles
import Tensors
import Testing
import Training

/// How photos are prepared for weights: as asked for, as the file says, as the network was published.
struct SettledPhotosTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A file with the texts in its header and a tensor that matters to nobody.
    private func file(_ texts: [String: String]) throws -> CheckpointFile {
        let path = folder.file("weights.safetensors")
        let writer = try SafetensorsWriter(
            path: path,
            tensors: [.init(name: "x", dtype: .f32, shape: [1])],
            metadata: texts
        )
        try writer.write([0] as [Float])
        try writer.finish()
        return try CheckpointFile(path)
    }

    private func settled(
        _ texts: [String: String],
        _ wish: (inout SettledPhotos.Wishes) -> Void = { _ in }
    ) throws -> SettledPhotos {
        var wishes = SettledPhotos.Wishes()
        wish(&wishes)
        return SettledPhotos(wishes, try file(texts), .resnet18)
    }

    @Test func aFileThatSaysNothingIsAsPublished() throws {
        let photos = try settled([:])
        #expect(photos.imageSize == 224 && photos.preprocessing == .crop)
        #expect(photos.mean == nil && photos.deviation == nil && photos.cropFraction == nil)
        #expect(photos.taken == [] && photos.notes.count == 1)
        #expect(
            photos.notes[0].contains(
                "assumed are 224 pixels, the preprocessing crop, ImageNet's mean and deviation, "
                    + "as resnet18 was published"
            )
        )
    }

    @Test(arguments: [
        ["mean": "[0.5, 0.4, 0.3]", "std": "[0.2, 0.3, 0.4]", "image_size": "96", "resize": "120"],
        [
            "mean": "(0.5, 0.4, 0.3)", "std": "0.2,0.3,0.4", "input_size": "[3, 96, 96]",
            "crop_pct": "0.8",
        ],
        [
            "image_mean": "[0.5,0.4,0.3]", "image_std": "[0.2,0.3,0.4]", "size": "96",
            "crop_pct": "0.8",
        ],
    ])
    func whatAFileSaysIsTaken(_ texts: [String: String]) throws {
        let photos = try settled(texts)
        #expect(photos.imageSize == 96)
        #expect(photos.mean == ChannelValues(0.5, 0.4, 0.3))
        #expect(photos.deviation == ChannelValues(0.2, 0.3, 0.4))
        #expect(photos.cropFraction == 0.8)
        #expect(photos.taken.contains("96 pixels") && photos.taken.contains("mean 0.5,0.4,0.3"))
        var plans = PhotoPlans(imageSize: 32)
        plans.take(photos)
        #expect(plans.normalisation.mean == SIMD3(0.5, 0.4, 0.3))
        #expect(plans.normalisation.deviation == SIMD3(0.2, 0.3, 0.4))
    }

    @Test func whatIsNotUnderstoodIsNotSaid() throws {
        for texts in [
            ["mean": "[0.5, 0.4, 0.3]"], ["mean": "grey", "std": "1"],
            ["mean": "0.5", "std": "0"], ["mean": "[0.5, 0.4]", "std": "[1, 1]"],
            ["input_size": "[3, 96, 64]"], ["image_size": "0"], ["crop_pct": "7"],
        ] {
            let photos = try settled(texts)
            #expect(photos == (try settled([:])), "\(texts)")
        }
    }

    @Test func flagsReplaceWhatTheFileSaysAndThatIsSaid() throws {
        let texts = ["mean": "0.5", "std": "0.25", "image_size": "96", "preprocessing": "stretch"]
        let photos = try settled(texts) {
            $0.imageSize = 64
            $0.preprocessing = .crop
            $0.mean = ChannelValues(0.1, 0.2, 0.3)
        }
        #expect(photos.imageSize == 64 && photos.preprocessing == .crop)
        #expect(photos.mean == ChannelValues(0.1, 0.2, 0.3))
        #expect(photos.deviation == ChannelValues(0.25, 0.25, 0.25))
        for words in [
            "trained at 96 pixels; --image-size 64 is taken",
            "with the preprocessing stretch; --preprocessing crop is taken",
            "with the mean 0.5; --mean 0.1,0.2,0.3 is taken",
        ] {
            #expect(photos.notes.contains { $0.contains(words) }, "\(words)")
        }
    }

    /// What a stretched photo's values are is not what the network was published with.
    @Test func stretchedPhotosStayBetween0And1() throws {
        let photos = try settled(["preprocessing": "stretch", "image_size": "96"])
        #expect(photos.mean == nil && photos.deviation == nil)
        var plans = PhotoPlans(imageSize: 32)
        plans.take(photos)
        #expect(plans.normalisation == .unit)
    }

    @Test func anotherWayOfResamplingIsSaid() throws {
        let photos = try settled(["interpolation": "bicubic"])
        #expect(photos.notes.contains { $0.contains("resampled bicubic; here it is bilinear") })
        #expect(try settled(["interpolation": "bilinear"]).notes.count == 1)
    }

    /// The normalisation of a run is in its checkpoints and in what is exported from them.
    @Test func theNormalisationStaysWithTheRun() throws {
        let photos = try DrawnPhotos(20, classes: 3).split(held: 4)
        let run = try TestRun(
            .quick(steps: 1) {
                $0.mean = ChannelValues(0.5, 0.4, 0.3)
                $0.deviation = ChannelValues(0.2, 0.3, 0.4)
                $0.cropFraction = 0.9
            },
            photos
        )
        try run.train(ranks: 1)
        let checkpoint = try CheckpointFile(run.run.path)
        let metadata = try #require(checkpoint.metadata)
        #expect(metadata.plans.normalisation.mean == SIMD3(0.5, 0.4, 0.3))
        let again = SettledPhotos(.init(), checkpoint, .small)
        #expect(again.mean == ChannelValues(0.5, 0.4, 0.3) && again.cropFraction == 0.9)
        #expect(again.deviation == ChannelValues(0.2, 0.3, 0.4) && again.notes == [])
        let texts = try ExportTexts.texts(
            metadata.model,
            plans: metadata.plans,
            classes: metadata.classes,
            metadata: metadata
        )
        #expect(texts["mean"] == "[0.5, 0.4, 0.3]" && texts["std"] == "[0.2, 0.3, 0.4]")
        #expect(texts["resize"] == "36")
        let exported = SettledPhotos(.init(), try file(texts), .small)
        #expect(exported.mean == again.mean && exported.deviation == again.deviation)
    }

    @Test func channelsAreReadAsUsersWriteThem() throws {
        #expect(ChannelValues(text: "0.5") == ChannelValues(0.5, 0.5, 0.5))
        #expect(ChannelValues(text: "[0.1, 0.2 0.3]") == ChannelValues(0.1, 0.2, 0.3))
        for text in ["", "0.5,0.5", "a,b,c", "nan", "1,2,3,4", "0.1,,x"] {
            #expect(ChannelValues(text: text) == nil, "\(text)")
        }
        #expect(ChannelValues(SIMD3<Float>(0.485, 0.456, 0.406)).text == "0.485,0.456,0.406")
    }
}
