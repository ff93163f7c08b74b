import Files
import Foundation
import Images
import Networks
import TensorFiles
import Tensors
import TestSupport
import Training

/// Writes a network as a model of ONNX, and some photos with the logits that this program computes from them, for
/// `scripts/check-onnx.sh` to compare with what other programs compute from the same numbers.
///
///     onnx-check FOLDER NETWORK IMAGE-SIZE folded|kept WEIGHTS|- PHOTO…
///     onnx-check networks      lists them
///
/// `-` stands for weights and norms that are numbers from a table, so that none is as it began, with statistics of the
/// photos, so that the logits tell them apart.
@main
struct ONNXCheck {
    let folder: String
    let architecture: Architecture
    let imageSize: Int
    let foldsNorms: Bool
    let weights: String?
    let photos: [String]

    /// Classes of a network without a file of weights.
    private static let classes = 7

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            if arguments == ["networks"] {
                return try StandardOutput.print(Architecture.allCases.map(\.rawValue))
            }
            guard let check = ONNXCheck(arguments) else {
                throw TrainingError.usage(
                    "onnx-check FOLDER NETWORK SIZE folded|kept WEIGHTS|- PHOTO…"
                )
            }
            try check.run()
        } catch {
            FileHandle.standardError.write(Data("onnx-check: \(error)\n".utf8))
            exit(EXIT_FAILURE)
        }
    }

    init?(_ arguments: [String]) {
        guard arguments.count > 5, let architecture = Architecture(rawValue: arguments[1]),
            let imageSize = Int(arguments[2]), ["folded", "kept"].contains(arguments[3])
        else { return nil }
        folder = arguments[0]
        self.architecture = architecture
        self.imageSize = imageSize
        foldsNorms = arguments[3] == "folded"
        weights = arguments[4] == "-" ? nil : arguments[4]
        photos = Array(arguments[5...])
    }

    private func run() throws {
        let file = try weights.map { try CheckpointFile($0) }
        let classes = file.map { $0.classes ?? ONNXCheck.classes } ?? ONNXCheck.classes
        let model = Model(
            ModelDescription(architecture: architecture, classes: classes, imageSize: imageSize),
            maximumBatch: photos.count,
            purpose: .evaluation,
            pool: ThreadPool(threads: 2)
        )
        let plans = PhotoPlans(imageSize: imageSize)
        let images = try read(plans, model.input)
        if let file {
            let report = try file.load(into: model.store, average: true, head: .ifItFits)
            // A trunk alone has no head.
            fill(model.store) { report.kept.contains($0.name) }
        } else {
            fill(model.store)
            if !model.store.batchNorms.isEmpty { takeStatistics(model, images) }
        }
        let logits = model.forward(images.tensor(model.input), .evaluation)
        let path = Path.joined(folder, architecture.rawValue)
        try ONNXExport(
            model,
            foldsNorms: foldsNorms,
            plans: plans,
            classes: nil,
            step: nil,
            version: "check"
        )
        .write(to: path + ".onnx")
        try write(images, model.input, logits, to: path + ".safetensors")
    }

    /// Gives parameters the numbers of the table, weights with the variance that ReLUs leave their inputs with.
    private func fill(_ store: ParameterStore, where isFilled: (Parameter) -> Bool = { _ in true })
    {
        for parameter in store.parameters where isFilled(parameter) {
            var numbers = SharedValues.parameter(parameter.name, shape: parameter.shape)
            if parameter.kind == .weight {
                let gain = Float(2).squareRoot()
                for index in numbers.indices { numbers[index] *= gain }
            }
            store.write(parameter, numbers)
        }
    }

    /// Makes the running statistics those of the photos, as training leaves them.
    private func takeStatistics(_ model: Model, _ images: Storage) {
        var description = model.description
        (description.dropout, description.stochasticDepth) = (0, 0)
        let trained = Model(
            description,
            maximumBatch: photos.count,
            purpose: .training,
            pool: ThreadPool(threads: 2)
        )
        fill(trained.store)
        let context = TrainingContext(seed: 0, step: 0, firstPosition: 0, photos: photos.count)
        _ = trained.forward(images.tensor(model.input), .training(context))
        for parameter in trained.store.parameters {
            guard case .statistic = parameter.kind else { continue }
            var numbers = trained.store.read(parameter, from: trained.store.flatGradients)
            if parameter.name.hasSuffix("var") {
                // A channel that is the same in the few photos would be blown up, and its rounding errors with it.
                let mean = numbers.reduce(0, +) / Float(numbers.count)
                for index in numbers.indices { numbers[index] = max(numbers[index], mean / 4) }
            }
            model.store.write(parameter, numbers)
        }
    }

    /// The photos as the network sees them, [N, S, S, 3].
    private func read(_ plans: PhotoPlans, _ shape: Shape) throws -> Storage {
        let images = Storage(count: shape.count)
        let reader = try PhotoReader()
        for (number, path) in photos.enumerated() {
            try reader.sample(
                PhotoBytes(path: path),
                imageSize: imageSize,
                augmentations: plans.evaluation,
                normalisation: plans.normalisation,
                random: Random(seed: 0, .test),
                into: images.base + number * shape.perImage
            )
        }
        return images
    }

    /// Writes `photos` [N, 3, S, S] and `logits` [N, classes].
    private func write(_ images: Storage, _ shape: Shape, _ logits: Tensor, to path: String) throws
    {
        let (N, S, C) = (shape.N, shape.H, shape.C)
        var planes = [Float](repeating: 0, count: shape.count)
        for n in 0..<N {
            for pixel in 0..<S * S {
                for c in 0..<C {
                    planes[(n * C + c) * S * S + pixel] = images.base[(n * S * S + pixel) * C + c]
                }
            }
        }
        let file = try SafetensorsWriter(
            path: path,
            tensors: [
                .init(name: "photos", dtype: .f32, shape: [N, C, S, S]),
                .init(name: "logits", dtype: .f32, shape: [N, logits.shape.C]),
            ],
            metadata: [:]
        )
        try file.write(planes)
        try file.write(logits.toArray())
        try file.finish()
    }
}
