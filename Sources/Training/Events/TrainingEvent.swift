/// What a run tells while it goes on, on rank 0 only and in the order it happened.
///
/// The files of the run folder (`metrics.jsonl`, `evaluations.jsonl`, `skipped.csv`, checkpoints)
/// are kept by the trainer itself; events are for showing and for further formats.
public enum TrainingEvent: Sendable, Equatable {
    /// A step is done.
    case step(StepRecord)
    /// An evaluation has come as far as `done` of `count` photos.
    case evaluating(done: Int, of: Int)
    /// An evaluation is done.
    case evaluation(EvaluationRecord)
    /// A checkpoint lies whole on the disk.
    case checkpoint(path: String, step: Int)
    /// A photo could not be read; told once for each photo.
    case photoSkipped(path: String, reason: String)
    /// Something that a user should know, in a sentence: what was mended, passed over or moved.
    case remark(String)
}
