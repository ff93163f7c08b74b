import Files
import Foundation
public import Images
public import Networks

/// The texts in the header of an exported file, by which it can be used without its run.
///
/// Keys that other programs may read: `architecture`, `num_classes`, `classes` and `class_ids` (JSON lists
/// in the order of the logits), `image_size`, `preprocessing`, `resize`, `interpolation`, `antialias`,
/// `mean`, `std`, `step`. What this program reads again is the description of a checkpoint, whole, under
/// `landmark_train_export`.
public enum ExportTexts {
    /// The texts of a network.
    ///
    /// - Parameters:
    ///   - classes: landmarks in the order of the logits; nil = they are not known.
    ///   - metadata: what the checkpoint says that the weights are from; nil = they are another program's.
    public static func texts(
        _ model: ModelDescription,
        plans: PhotoPlans,
        classes: ClassIndex?,
        metadata: CheckpointMetadata?
    ) throws -> [String: String] {
        var texts = try shared(model, plans: plans, classes: classes, step: metadata?.step)
        texts["format"] = "pt"
        guard var metadata else { return texts }
        // What the file is used with is what it says, also where flags replaced what the run had.
        metadata.model = model
        metadata.plans = plans
        metadata.configuration.imageSize = plans.imageSize
        metadata.configuration.preprocessing = plans.preprocessing
        metadata.configuration.mean = plans.mean
        metadata.configuration.deviation = plans.deviation
        metadata.configuration.cropFraction = plans.cropFraction
        texts[CheckpointMetadata.exportKey] = String(
            decoding: try metadata.encoded(),
            as: UTF8.self
        )
        return texts
    }

    /// What any program must know to use the network on photos.
    static func shared(
        _ model: ModelDescription,
        plans: PhotoPlans,
        classes: ClassIndex?,
        step: Int?
    ) throws -> [String: String] {
        let normalisation = plans.normalisation
        var texts = [
            "architecture": model.architecture.rawValue,
            "num_classes": String(model.classes),
            "image_size": String(plans.imageSize),
            "preprocessing": plans.preprocessing.rawValue,
            "interpolation": "bilinear",
            "antialias": plans.preprocessing == .crop ? "true" : "false",
            "mean": list(normalisation.mean),
            "std": list(normalisation.deviation),
        ]
        if plans.preprocessing == .crop { texts["resize"] = String(plans.shortSide) }
        if let classes {
            texts["classes"] = try json(classes.names)
            texts["class_ids"] = try json(classes.ids)
        }
        if let step { texts["step"] = String(step) }
        return texts
    }

    private static func list(_ channels: SIMD3<Float>) -> String {
        "[\(channels.x), \(channels.y), \(channels.z)]"
    }

    private static func json(_ value: some Encodable) throws -> String {
        String(decoding: try value.jsonLine(), as: UTF8.self)
    }
}
