import Files
import Foundation

extension RunFolder {
    /// The run that `path` belongs to, and the checkpoint that it names: a run folder names none, a
    /// file in the `checkpoints` of a run names itself, `latest` and `best` there what they stand for.
    ///
    /// - Returns: nil where `path` belongs to no run.
    public static func containing(_ path: String) -> (run: RunFolder, checkpoint: String?)? {
        if isFolder(path) {
            let run = RunFolder(path)
            return exists(run.config) ? (run, nil) : nil
        }
        let absolute = Path.absolute(path)
        let folder = Path.parent(of: absolute)
        let run = RunFolder(Path.parent(of: folder))
        guard exists(run.config), Path.name(of: folder) == Path.name(of: run.checkpoints) else {
            return nil
        }
        switch Path.name(of: absolute) {
        case "latest": return (run, run.latest ?? path)
        case "best": return (run, run.best ?? path)
        default: return (run, path)
        }
    }

    /// The checkpoint that evaluated best, by what the run's lines and the newest whole one say: for runs
    /// whose links a copy has lost.
    var bestOnRecord: String? {
        guard let newest = try? wholeCheckpoint(best: false).file.metadata,
            let best = best(upTo: newest.step, or: newest.best)
        else { return nil }
        let path = checkpoint(step: best.step)
        return exists(path) ? path : nil
    }

    /// Opens the checkpoint to go on from or, with `best`, the one that evaluated best; where it is
    /// damaged, the newest that is whole.
    ///
    /// - Returns: the checkpoint, and a sentence for each that was passed over.
    /// - Throws: the damage of the first where none is whole, `TrainingError.checkpoint` where there is
    ///   none at all.
    func wholeCheckpoint(best: Bool) throws -> (file: CheckpointFile, remarks: [String]) {
        var paths = best ? [self.best, latest] : [latest]
        paths += steps.sorted(by: >).map { checkpoint(step: $0) }
        var damage: [(path: String, error: TrainingError)] = []
        for path in paths.compactMap({ $0 }) where !damage.contains(where: { $0.path == path }) {
            do {
                let file = try CheckpointFile(file: path)
                return (file, damage.map { "\($0.error); \(file.path) is taken instead" })
            } catch let error as TrainingError {
                guard case .checkpoint = error else { throw error }
                damage.append((path, error))
            } catch let error as FileError {
                // A run that goes on may have replaced it since its name was read.
                guard !exists(path) else { throw error }
            }
        }
        if let first = damage.first { throw first.error }
        throw TrainingError.checkpoint(
            "\(path) holds no checkpoint yet; give a run folder or a .safetensors file"
        )
    }

    /// Puts the checkpoints of steps after `step` into a folder of their own, out of the way of the run
    /// that goes on from there.
    ///
    /// - Returns: what was moved where, in a sentence; nil = there were none.
    func setAside(after step: Int) throws -> String? {
        let later = steps.filter { $0 > step }.sorted()
        guard !later.isEmpty else { return nil }
        let aside = checkpoints + "/aside"
        try Files.makeFolders(aside)
        for step in later {
            let (old, new) = (checkpoint(step: step), aside + "/" + RunFolder.name(step: step))
            guard old.withPathPointer({ old in new.withPathPointer { rename(old, $0) } }) == 0
            else {
                throw fileError("cannot move", old)
            }
        }
        let names = later.count == 1 ? "step \(later[0])" : "steps \(RunFolder.list(later))"
        return "the checkpoint\(later.count == 1 ? "" : "s") of \(names) went to \(aside); remove "
            + "that folder once you do not need it"
    }

    /// Up to five numbers, and how many more there are.
    static func list(_ numbers: [Int]) -> String {
        let more = numbers.count > 5 ? " and \(numbers.count - 5) more" : ""
        return numbers.prefix(5).map(String.init).joined(separator: ", ") + more
    }
}

/// What the lines of `evaluations.jsonl` say to a run that goes on.
extension RunFolder {
    /// What counts of a line.
    private struct Mark: Decodable {
        let step: Int
        let top1: Double
        let sample_top1: Double?
    }

    /// The lines that can be read, one after the other.
    private var marks: [Mark] {
        let text = FileManager.default.contents(atPath: evaluations) ?? Data()
        return text.split(separator: 0x0A).compactMap {
            try? JSONDecoder().decode(Mark.self, from: $0)
        }
    }

    /// Whether the weights after `step` steps were evaluated.
    func isEvaluated(step: Int) -> Bool { marks.contains { $0.step == step } }

    /// The best evaluation of at most `step` steps, the earliest of equals.
    ///
    /// - Parameter known: one that a checkpoint tells of, should its line be lost.
    func best(upTo step: Int, or known: CheckpointMetadata.Best?) -> CheckpointMetadata.Best? {
        let all =
            marks.filter { $0.step <= step }.map {
                CheckpointMetadata.Best(step: $0.step, top1: $0.sample_top1 ?? $0.top1)
            } + (known.map { [$0] } ?? [])
        return all.max { ($0.top1, -$0.step) < ($1.top1, -$1.step) }
    }
}
