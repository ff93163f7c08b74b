import Tensors

/// Which photos a set of built-in landmarks has, and what they are called.
struct RenderingPlan {
    /// The file that keeps the set's numbers.
    static let settings = "landmarks.json"

    struct Photo: Sendable {
        let landmark: Int
        /// Number of the photo among those of its landmark.
        let number: Int
        let id: String
        let isTest: Bool
        let quality: Int

        /// The file below the set's folder.
        var place: String { (isTest ? "test/" : "train/") + LandmarkFiles.place(of: id) }

        /// The folder in which the file lies.
        var folder: String { String(place.dropLast(id.count + 5)) }
    }

    let photos: [Photo]
    private let set: LandmarkSet

    init(_ set: LandmarkSet) {
        self.set = set
        let training = set.counts(set.trainingPhotos, least: 1)
        let test = set.counts(set.testPhotos, least: set.testPhotos < set.landmarks ? 0 : 1)
        var photos: [Photo] = []
        for landmark in 0..<set.landmarks {
            for number in 0..<training[landmark] + test[landmark] {
                var random = Random(
                    seed: set.seed,
                    .rendering,
                    UInt64.max - 3 - UInt64(landmark),
                    UInt64(number)
                )
                photos.append(
                    Photo(
                        landmark: landmark,
                        number: number,
                        id: PhotoIDs.text(random.next()),
                        isTest: number >= training[landmark],
                        quality: 80 + random.integer(below: 14)
                    )
                )
            }
        }
        self.photos = photos
    }

    /// The texts of the set's tables by file name.
    func tables() throws -> [(name: String, text: String)] {
        let ids = set.ids()
        var training = "id,landmark_id\n"
        var test = training
        for photo in photos {
            let line = "\(photo.id),\(ids[photo.landmark])\n"
            if photo.isTest { test += line } else { training += line }
        }
        var names = "landmark_id,category\n"
        for landmark in 0..<set.landmarks {
            names += "\(ids[landmark]),\(BuiltInLandmark.name(landmark, seed: set.seed))\n"
        }
        var tables = [
            ("train_label_to_category.csv", names), (RenderingPlan.settings, try set.json()),
            ("train.csv", training),
        ]
        if set.testPhotos > 0 { tables.append(("test.csv", test)) }
        return tables
    }
}
