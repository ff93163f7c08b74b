import Foundation

/// From which score on a photo is taken to show a known landmark, and how well that parts photos that are known from
/// others.
public struct Calibration: Codable, Sendable, Equatable {
    /// The least score of a photo that gets a name.
    public var threshold: Float
    /// The share of unknown photos that were to get a name at most.
    public var falsePositives: Double
    /// Photos of known landmarks, and those of them that get no name.
    public var known: Int
    /// Photos of those that get no name.
    public var rejected: Int
    /// Photos of no known landmark.
    public var unknown: Int
    /// Photos of those that get a name all the same.
    public var accepted: Int
    /// The chance that a known photo has a higher score than an unknown one: the area under the ROC curve.
    public var auroc: Double
    /// Photos that were learned from.
    public var photos: Int
    /// Landmarks of these.
    public var landmarks: Int

    private enum CodingKeys: String, CodingKey {
        case threshold
        case falsePositives = "false_positives"
        case known, rejected, unknown, accepted, auroc, photos, landmarks
    }

    /// Finds the threshold: the lowest at which at most `falsePositives` of the unknown photos get a name.
    ///
    /// Photos whose scores are equal are all named or none.
    ///
    /// - Parameters:
    ///   - known: scores of photos of known landmarks that were not learned from.
    ///   - unknown: scores of photos of none.
    ///   - falsePositives: a share from 0 to below 1.
    ///   - photos: photos that were learned from, and their landmarks.
    /// - Throws: `TrainingError.data` where there are none of either, or a score is no number.
    public init(
        known: [Float],
        unknown: [Float],
        falsePositives: Double,
        photos: Int,
        landmarks: Int
    ) throws {
        guard !known.isEmpty else {
            throw TrainingError.data(
                "no photo of a known landmark is left to calibrate with; give landmarks several photos"
            )
        }
        guard !unknown.isEmpty else {
            throw TrainingError.data(
                "no photo of --unknown is left to calibrate with; give photos of none of the known landmarks"
            )
        }
        guard (known + unknown).allSatisfy(\.isFinite) else {
            throw TrainingError.data("a photo's score is not finite; check the weights")
        }
        let falling = unknown.sorted(by: >)
        // The most photos that may pass; the next below sets the threshold just above itself.
        let most = Int((falsePositives * Double(unknown.count) + 1e-9).rounded(.down))
        let threshold = most < falling.count ? falling[most].nextUp : falling[falling.count - 1]
        self.threshold = threshold
        self.falsePositives = falsePositives
        self.known = known.count
        rejected = known.count { $0 < threshold }
        self.unknown = unknown.count
        accepted = unknown.count { $0 >= threshold }
        auroc = areaUnderROC(known, unknown)
        self.photos = photos
        self.landmarks = landmarks
    }

    /// Whether a photo of this score gets a name.
    public func names(_ score: Float) -> Bool { score >= threshold }
}

/// The chance that a value of `high` is above one of `low`, equal ones counting half: the area under the ROC curve
/// (Mann–Whitney U).
///
/// - Parameters:
///   - high: at least one number.
///   - low: at least one number.
public func areaUnderROC(_ high: [Float], _ low: [Float]) -> Double {
    let (high, low) = (high.sorted(), low.sorted())
    var (below, notAbove) = (0, 0)
    var pairs = 0
    for value in high {
        while below < low.count, low[below] < value { below += 1 }
        while notAbove < low.count, low[notAbove] <= value { notAbove += 1 }
        pairs += below + notAbove
    }
    return Double(pairs) / 2 / (Double(high.count) * Double(low.count))
}

/// Where a share lies with 95 % confidence that was seen in `part` of `whole` cases (Wilson, 1927).
public func shareInterval(_ part: Int, of whole: Int) -> ClosedRange<Double> {
    precondition(whole > 0 && part >= 0 && part <= whole, "a part of at least one case")
    let z = 1.959964
    let (n, p) = (Double(whole), Double(part) / Double(whole))
    let middle = p + z * z / (2 * n)
    let spread = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    return max(0, (middle - spread) / scale)...min(1, (middle + spread) / scale)
}
