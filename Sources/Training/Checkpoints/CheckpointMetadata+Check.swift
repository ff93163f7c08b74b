import Files
import Foundation
import Images
import Networks

extension CheckpointMetadata {
    /// Reads the description in the header of `path`.
    ///
    /// Throws `TrainingError.checkpoint` that names the file and the field where it is of a later version,
    /// damaged, or contradicts itself.
    init(reading text: String, of path: String) throws {
        do {
            let marks = try JSONDecoder().decode(Marks.self, from: Data(text.utf8))
            guard marks.format == 1 else {
                throw Flaw("format", "is \(marks.format), of a version that is not known here")
            }
            self = try CheckpointMetadata(encoded: text.utf8)
            try check()
        } catch {
            throw TrainingError.checkpoint(
                "\(path.shown): its description is damaged or of another version: "
                    + "\(CheckpointMetadata.reason(error)); use another checkpoint, or the version of "
                    + "landmark-train that wrote it"
            )
        }
    }

    private struct Marks: Decodable { let format: Int }

    /// A field that cannot be, and why.
    private struct Flaw: Error {
        let field: String
        let reason: String

        init(_ field: String, _ reason: String) {
            self.field = field
            self.reason = reason
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let flaw as Flaw: "\(flaw.field) \(flaw.reason)"
        case let error as DecodingError: error.reason
        case let error as TrainingError: "configuration: \(error.description.shown)"
        default: "it is not valid JSON"
        }
    }

    /// Throws where fields contradict one another, or hold what no run can have written.
    private func check() throws {
        do { try model.check() } catch { throw Flaw("model", "describes \(error)") }
        try require(model.imageSize <= 4096, "model.image_size", "is \(model.imageSize)")
        try checkClasses()
        let steps = 0...CheckpointMetadata.mostSteps
        try require(steps.contains(step), "step", "is \(step)")
        try require(steps.contains(badPhotos), "bad_photos", "is \(badPhotos)")
        if let best {
            try require(
                (0...step).contains(best.step),
                "best.step",
                "is \(best.step), after step \(step)"
            )
            try require((0...1).contains(best.top1), "best.top1", "is \(best.top1)")
        }
        try checkSettings()
    }

    /// More steps than a run can have, so that sums with them never overflow.
    private static let mostSteps = 1 << 53

    private func checkClasses() throws {
        let count = classes.ids.count
        try require(
            count == classes.names.count,
            "classes",
            "has \(count) ids and \(classes.names.count) names"
        )
        try require(
            model.classes == count,
            "model.classes",
            "is \(model.classes), the classes are \(count)"
        )
        for (id, next) in zip(classes.ids, classes.ids.dropFirst()) where id >= next {
            throw Flaw("classes.ids", "is not in order or has \(id) twice")
        }
        try require(
            classes.kind == .table || classes.ids.elementsEqual((0..<count).map(Int64.init)),
            "classes.ids",
            "does not number class folders from 0"
        )
        if let place = classes.names.firstIndex(of: "") {
            throw Flaw("classes.names", "has no name for the id \(classes.ids[place])")
        }
        try require(
            trainingCounts.count == count,
            "training_counts",
            "has \(trainingCounts.count) numbers for \(count) classes"
        )
        var photos = 0
        for (label, number) in trainingCounts.enumerated() {
            let (sum, overflow) = photos.addingReportingOverflow(number)
            try require(
                number >= 0 && !overflow && sum <= CheckpointMetadata.mostSteps,
                "training_counts",
                "has \(number) photos of class \(label)"
            )
            photos = sum
        }
    }

    private func checkSettings() throws {
        try require(
            plans.imageSize == model.imageSize,
            "plans.image_size",
            "is \(plans.imageSize), the network's is \(model.imageSize)"
        )
        let settings = configuration
        for (name, value) in [
            ("batch", settings.batch), ("slices", settings.slices ?? 1),
            ("epochs", settings.epochs),
            ("steps", settings.steps ?? 1), ("keep", settings.keep),
        ] {
            try require(
                (0...CheckpointMetadata.mostSteps / 2).contains(value),
                "configuration.\(name)",
                "is \(value)"
            )
        }
        try settings.check(ranks: 1)
        try require(
            settings.model == model.architecture,
            "configuration.model",
            "is \(settings.model.rawValue), the network is \(model.architecture.rawValue)"
        )
        try require(
            settings.imageSize == plans.imageSize && settings.preprocessing == plans.preprocessing,
            "plans",
            "is not what the configuration says"
        )
        try require(
            settings.augmentation == plans.augmentation,
            "plans.augmentation",
            "is not the configuration's"
        )
        try require(
            plans == PhotoPlans(settings),
            "plans",
            "has another mean, deviation or crop than the configuration"
        )
        try require(
            settings.dropout == model.dropout,
            "model.dropout",
            "is not the configuration's"
        )
        try require(
            settings.stochasticDepth == model.stochasticDepth,
            "model.stochastic_depth",
            "is not the configuration's"
        )
    }

    private func require(_ holds: Bool, _ field: String, _ reason: String) throws {
        guard holds else { throw Flaw(field, reason) }
    }
}

extension DecodingError {
    /// Which field of JSON is wrong, and how.
    var reason: String {
        switch self {
        case .keyNotFound(let key, let context):
            return "\(DecodingError.place(context.codingPath + [key])) is missing"
        case .valueNotFound(_, let context):
            return "\(DecodingError.place(context.codingPath)) is null"
        case .typeMismatch(let type, let context):
            return "\(DecodingError.place(context.codingPath)) is not of the type \(type)"
        case .dataCorrupted(let context):
            guard !context.codingPath.isEmpty else { return "it is not valid JSON" }
            return "\(DecodingError.place(context.codingPath)): \(context.debugDescription.shown)"
        @unknown default: return "it cannot be decoded"
        }
    }

    /// A field by its keys, as they stand in the JSON.
    private static func place(_ path: [any CodingKey]) -> String {
        path.map { key in
            key.intValue.map(String.init)
                ?? key.stringValue.map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }
                .joined()
        }.joined(separator: ".").shown
    }
}
