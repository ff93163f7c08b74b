import Foundation
public import Training

/// An event file that TensorBoard draws curves from while a run goes on.
public final class TensorBoardFile {
    private let file: AppendedFile
    private let records = EventRecords()
    private let now: () -> Double
    private var isEmpty = true

    /// Begins a file in `folder`.
    ///
    /// - Parameters:
    ///   - now: the time, in seconds since 1970.
    ///   - complain: told once where the file cannot be written.
    public init(
        folder: String,
        now: @escaping () -> Double = WallClock.time,
        complain: @escaping (String) -> Void
    ) {
        self.now = now
        let host = ProcessInfo.processInfo.hostName
        let process = ProcessInfo.processInfo.processIdentifier
        let name = "events.out.tfevents.\(Int(now())).\(host).\(process)"
        file = AppendedFile(folder + "/" + name, complain: complain)
        file.append(Data(records.version(time: now())))
    }

    /// Adds what the event tells.
    public func record(_ event: TrainingEvent) {
        switch event {
        case .step(let step):
            if isEmpty { file.append(Data(records.start(time: now(), step: step.step))) }
            isEmpty = false
            add(
                [
                    ("train/loss", step.loss),
                    ("train/accuracy", step.accuracy),
                    ("train/learning_rate", step.learningRate),
                    ("speed/images_per_second", step.imagesPerSecond),
                    ("speed/data_seconds", step.dataSeconds),
                    ("speed/communication_seconds", step.communicationSeconds),
                ],
                step.step
            )
        case .evaluation(let record):
            let result = record.result
            add(
                [
                    ("held_out/loss", result.loss),
                    ("held_out/top1", result.top1),
                    ("held_out/top5", result.top5),
                    ("held_out/gap", result.gap),
                    ("held_out/macro_accuracy", result.macroAccuracy),
                ],
                record.step
            )
        case .evaluating, .checkpoint, .photoSkipped, .remark: break
        }
    }

    private func add(_ values: [(tag: String, value: Double)], _ step: Int) {
        file.append(Data(records.scalars(values, time: now(), step: step)))
    }
}
