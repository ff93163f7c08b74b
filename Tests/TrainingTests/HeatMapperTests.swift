import BuiltIn
import Distributed
import Images
import Networks
import Synchronization
import Tensors
import TestSupport
import Testing
import Training

/// Where a network that has learned built-in landmarks looks.
@Suite(.serialized) struct HeatMapperTests {
    /// Built-in landmarks, as photos of a dataset.
    private struct Landmarks: Dataset {
        let folder: TemporaryFolder
        let pictures: [(picture: Picture, label: Int)]
        let classes: ClassIndex
        var count: Int { pictures.count }
        var labels: [Int32] { pictures.map { Int32($0.label) } }
        var countsPerClass: [Int] {
            classes.ids.indices.map { c in pictures.count { $0.label == c } }
        }

        init(_ landmarks: Int, photos: Int) throws {
            let drawn = Mutex<[String: (Picture, Int)]>([:])
            let set = LandmarkSet(
                landmarks: landmarks,
                trainingPhotos: photos,
                testPhotos: 0,
                imageSize: 64
            )
            try BuiltInPhotos(set).draw(threads: 2) { photo, picture in
                drawn.withLock { $0[photo.id] = (picture, photo.landmark) }
            }
            pictures = drawn.withLock { $0 }.sorted { $0.key < $1.key }
                .map { (picture: $0.value.0, label: $0.value.1) }
            classes = ClassIndex(fitting: (0..<landmarks).map { Int64($0) })
            folder = try TemporaryFolder()
            for number in pictures.indices {
                try folder.write("\(number).jpg", encodeJPEG(bitmap(number), quality: 92))
            }
        }

        func bitmap(_ number: Int) -> Bitmap {
            let picture = pictures[number].picture
            var bitmap = Bitmap(width: picture.width, height: picture.height)
            bitmap.pixels = picture.pixels
            return bitmap
        }

        func id(_ index: Int) -> String { "\(index)" }
        func path(_ index: Int) -> String { folder.file("\(index).jpg") }
        func label(_ index: Int) -> Int32 { Int32(pictures[index].label) }
    }

    /// Photos of noise in which a landmark takes a quarter, at the middle of a side: on the left first, then on
    /// the right.
    private struct Sides: PhotoSource {
        let landmarks: Landmarks
        let numbers: [Int]

        func path(_ index: Int) -> String { "\(index)" }
        func label(_ index: Int) -> Int32 { landmarks.label(numbers[index / 2]) }

        func photo(_ index: Int) -> PhotoBytes {
            var random = Random(seed: 9, .test, UInt64(index))
            var bitmap = Bitmap(width: 128, height: 128)
            for place in bitmap.pixels.indices {
                bitmap.pixels[place] = UInt8(120 + random.integer(below: 16))
            }
            let small = landmarks.bitmap(numbers[index / 2]).resized(width: 64, height: 64)
            let left = index % 2 == 0 ? 0 : 64
            for y in 0..<64 {
                for x in 0..<64 { bitmap[left + x, 32 + y] = small[x, y] }
            }
            return PhotoBytes(
                name: path(index),
                bytes: (try? encodeJPEG(bitmap, quality: 92)) ?? []
            )
        }
    }

    private func trained() throws -> (landmarks: Landmarks, run: TestRun) {
        let landmarks = try Landmarks(3, photos: 96)
        let configuration = TrainingConfiguration.quick(batch: 32, slices: 1, steps: 90) {
            $0.imageSize = 64
            $0.labelSmoothing = 0
        }
        let set = TrainingSet(training: landmarks, held: landmarks, classes: landmarks.classes)
        let run = try TestRun(configuration, set)
        try run.train(ranks: 1, threads: 2)
        return (landmarks, run)
    }

    @Test func aLandmarkOnTheLeftIsSeenOnTheLeft() throws {
        let (landmarks, run) = try trained()
        let numbers = Array(stride(from: 0, to: landmarks.count, by: 8))
        let sides = Sides(landmarks: landmarks, numbers: numbers)
        let outcomes = (0..<2 * numbers.count).map { number in
            PhotoOutcome(
                photo: number,
                loss: .nan,
                best: [.init(label: sides.label(number), confidence: 1)]
            )
        }
        let plans = PhotoPlans(run.configuration)
        let description = ModelDescription(architecture: .small, classes: 3, imageSize: 64)
        func maps(_ ranks: Int, threads: Int) throws -> [HeatMap?] {
            try ThreadRanks.run(ranks) { communicator in
                let model = Model(
                    description,
                    maximumBatch: 4,
                    purpose: .evaluation,
                    pool: ThreadPool(threads: threads)
                )
                try CheckpointFile(run.run.path).load(into: model.store, average: true)
                return try HeatMapper(communicator, model, plans).run(sides, outcomes)
            }[ranks - 1]
        }
        let found = try maps(1, threads: 2)
        var right = 0
        for (number, map) in found.enumerated() {
            let map = try #require(map)
            // 64 of 73 pixels of the short side, from the fourth on.
            #expect(abs(map.crop.x - 4 * 128.0 / 73) < 1e-9)
            #expect(abs(map.crop.width - 64 * 128.0 / 73) < 1e-9)
            func mass(_ columns: Range<Int>) -> Float {
                (0..<map.rows).reduce(0) { sum, row in
                    columns.reduce(sum) { $0 + max(map.values[row * map.columns + $1], 0) }
                }
            }
            let half = map.columns / 2
            let sum = mass(0..<map.columns)
            let own = number % 2 == 0 ? mass(0..<half) : mass(map.columns - half..<map.columns)
            right += own > sum / 2 ? 1 : 0
        }
        print("\(right) of \(found.count) maps have their mass where the landmark is")
        #expect(right * 4 >= found.count * 3, "\(right) of \(found.count)")
        #expect(try maps(3, threads: 1) == found)
    }

    @Test func aPhotoThatIsGoneHasNoMap() throws {
        let landmarks = try Landmarks(2, photos: 2)
        let model = Model(
            ModelDescription(architecture: .small, classes: 2, imageSize: 64),
            maximumBatch: 1,
            purpose: .evaluation,
            pool: ThreadPool(threads: 1)
        )
        model.store.initialize(seed: 1)
        let outcomes = (0..<2).map {
            PhotoOutcome(photo: $0, loss: 0, best: [.init(label: 1, confidence: 1)])
        }
        try landmarks.folder.write("1.jpg", "text")
        let maps = try HeatMapper(SoloCommunicator(), model, PhotoPlans(imageSize: 64))
            .run(landmarks, outcomes)
        #expect(maps.map { $0 == nil } == [false, true])
    }
}
