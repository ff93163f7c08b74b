import Files
import Images
import Reporting
import Training

/// What `predict` prints about one photo.
struct PhotoAnswer: Encodable {
    /// The photo.
    var photo: String
    /// The landmarks that it most likely shows, the likeliest first.
    var predictions: [Prediction]
    /// Whether it shows one of the landmarks at all; nil where no threshold was found.
    var known: Bool?
    /// How near it comes to one; likewise.
    var score: Double?
    /// The nearest photos; nil where they were not asked for.
    var neighbours: [NearestPhotos.Neighbour]?

    /// A landmark.
    struct Prediction: Encodable {
        var landmarkID: LandmarkID
        var name: String
        var confidence: Double

        enum CodingKeys: String, CodingKey {
            case landmarkID = "landmark_id"
            case name, confidence
        }
    }

    /// Puts what was found about a photo of `photos` in words.
    init(
        _ outcome: PhotoOutcome,
        of photos: any PhotoSource,
        _ classes: ClassIndex,
        neighbours: [NearestPhotos.Neighbour]?
    ) {
        func rounded(_ value: Float) -> Double { (Double(value) * 1e6).rounded() / 1e6 }
        photo = photos.path(outcome.photo).readable
        predictions = outcome.best.map { answer in
            Prediction(
                landmarkID: classes.landmarkID(Int(answer.label)),
                name: classes.names[Int(answer.label)],
                confidence: rounded(answer.confidence)
            )
        }
        known = outcome.verdict?.isKnown
        score = (outcome.verdict?.score).map(rounded)
        self.neighbours = neighbours
    }

    /// The lines of the text.
    var lines: [String] {
        let near = (neighbours ?? []).map { neighbour in
            let similarity = Figures.fixed(neighbour.similarity, 3)
            let name = neighbour.name.map { "  \($0)" } ?? ""
            return "    near \(similarity)  \(neighbour.photo)" + name
        }
        if known == false {
            let best = predictions.first.map { prediction in
                " (best guess \(prediction.name), \(Figures.percent(prediction.confidence)))"
            }
            return [photo, "    no landmark known here" + (best ?? "")] + near
        }
        let lines = predictions.map { prediction in
            let percent = Figures.percent(prediction.confidence)
            let space = String(repeating: " ", count: max(0, 9 - percent.count))
            return switch prediction.landmarkID {
            case .number(let id): "\(space)\(percent)  \(prediction.name) (\(id))"
            case .folder(let name): "\(space)\(percent)  \(name)"
            }
        }
        return [photo] + lines + near
    }
}
