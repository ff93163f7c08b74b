import Distributed
import Files
import Foundation
import Images
import Networks
import Reporting
import Training

/// One launch of a training run: opens the photos, trains, and reports.
struct TrainingSession {
    /// What the run computes, with what the number of its photos decides.
    let settings: TrainingConfiguration
    private let world: World
    private let resume: String?
    private let trace: String?
    private let folder: RunFolder
    private let photos: LoadedPhotos
    private let reports: RunReports?
    /// On rank 0 alone.
    private let account: RunAccount?
    private let trainer: Trainer

    /// Opens the photos and builds the network; nothing is written yet but built-in photos.
    ///
    /// - Parameters:
    ///   - resume: go on with this run, or from this checkpoint of it, instead of beginning one.
    ///   - trace: file for a trace; nil = none.
    ///   - isRehearsal: draw no photos and write nothing.
    init(
        _ launch: Launch,
        _ world: World,
        resume: String?,
        trace: String?,
        signals: StopSignals,
        lock: RunLock?,
        isRehearsal: Bool
    ) throws {
        var settings = launch.settings
        let run = RunFolder(settings.output ?? "")
        let photos = try RunPhotos.open(
            settings,
            run,
            world,
            resumes: resume != nil,
            draws: !isRehearsal
        )
        let choices = settings.suitCourse(to: photos.training.count, given: launch.given)
        try MemoryCheck.require(
            MemoryNeed.training(
                settings,
                classes: photos.classes.count,
                photos: (photos.training.count, photos.held.count),
                rank: world.communicator.rank,
                ranks: world.communicator.size,
                ranksOnNode: world.topology.ranksOnNode,
                pool: world.pool
            ),
            world,
            advice: "use a smaller --batch or --image-size, fewer ranks on the node, or more nodes"
        )
        let reports = world.isRoot ? RunReports(run: run, trace: trace) : nil
        self.settings = settings
        self.world = world
        self.resume = resume
        self.trace = trace
        folder = run
        self.photos = photos
        self.reports = reports
        account = world.isRoot ? RunAccount(run, lock) : nil
        trainer = try Trainer(
            configuration: settings,
            communicator: world.communicator,
            photos: TrainingSet(
                training: photos.training,
                held: photos.held,
                classes: photos.classes
            ),
            run: run,
            pool: world.pool,
            signals: signals,
            lock: lock,
            report: { reports?.record($0) }
        )
        if world.isRoot { RunHeader(settings, world, photos, trainer, choices).print() }
    }

    /// Looks at all that training would look at, says how long it would take, and writes nothing.
    func rehearse() throws {
        if resume == nil {
            try startFromWeights()
            try world.together { if world.isRoot { try warnOfWeights(inFolder: false) } }
        }
        try tellTime()
    }

    /// Says about how long the run will take.
    private func tellTime() throws {
        let estimate = try trainer.estimate()
        guard world.isRoot else { return }
        var line = "time     about \(Figures.duration(estimate.whole)), an estimate: "
        line += "\(Figures.duration(estimate.step)) a step"
        if photos.held.count > 0 {
            line += ", \(Figures.duration(estimate.evaluation)) an evaluation"
        }
        Terminal.standardError.print(line + "; reading photos may add to it")
    }

    /// Trains to the end, or to a signal, and leaves an account of that in the run folder.
    ///
    /// - Returns: the exit code.
    func run() throws -> Int32 {
        do {
            return try trainAndReport()
        } catch {
            if let account, account.isOwner {
                // Of a network that diverged, the last evaluation is what there is to look at.
                try? writeAnswers()
                account.fail(error, step: trainer.stepsDone)
            }
            throw error
        }
    }

    private func trainAndReport() throws -> Int32 {
        try begin()
        if world.isRoot, let grace = KillTimeout(), let rate = folder.writeRate(),
            let advice = grace.advice(
                bytes: trainer.checkpointBytes,
                rate: rate,
                run: folder.path.shellWord
            )
        {
            Ending.say(advice)
        }
        try tellTime()
        let signal = try train()
        // First of all: whoever stopped the run may kill it while the rest is written.
        if let signal, world.isRoot {
            Ending.say(
                "stopped by \(StopSignals.name(signal)) after step \(trainer.stepsDone) and a "
                    + "checkpoint; go on with --resume \(folder.path.shellWord)"
            )
        }
        try trainer.flush()
        let tested = try signal == nil ? photos.test.map(test) : nil
        try world.together {
            guard world.isRoot else { return }
            try writeAnswers()
            try account?.end(step: trainer.stepsDone, signal: signal.map(StopSignals.name))
            if signal == nil { try conclude(tested) }
            try reports?.requireTrace()
        }
        return signal == nil ? 0 : Ending.stopped
    }

    private func train() throws -> Int32? {
        reports?.open()
        defer { reports?.close() }
        do {
            return try trainer.train()
        } catch let error as TrainingError {
            switch error {
            // Bad photos are counted and losses summed over all ranks, so all throw these at once.
            case .data, .diverged:
                throw TrainingError.rank(0, code: error.exitCode, error.description)
            default: throw error
            }
        }
    }

    /// Judges the finished network once by the test photos, and keeps the result.
    private func test(_ test: any Dataset) throws -> EvaluationResult {
        let terminal = Terminal.standardError
        let total = Figures.grouped(test.count)
        let result = try trainer.test(test) {
            terminal.replace("testing \(Figures.grouped($0))/\(total)")
        }
        try world.together {
            guard world.isRoot else { return }
            terminal.replace("")
            try OutputFile.write(try result.jsonLine() + Data("\n".utf8), to: folder.test)
        }
        return result
    }

    /// Writes what the last evaluation answered about each photo, as a table, as a picture and for the
    /// page; on rank 0 alone.
    private func writeAnswers() throws {
        guard world.isRoot, let findings = trainer.findings else { return }
        let held = photos.held
        try AnswerTable(findings, of: held, photos.classes)
            .write(to: folder.path + "/" + AnswerTable.name)
        try AnswerSheet(findings, of: held, photos.classes, photos.training.countsPerClass)
            .write(to: folder.path + "/" + AnswerSheet.name)
        let gallery = AnswerGallery(
            findings,
            of: held,
            photos.classes,
            photos.training.countsPerClass,
            step: RunHistory.lastEvaluation(of: folder)?.step ?? trainer.stepsDone
        )
        try OutputFile.write(try gallery.jsonLine(), to: folder.path + "/" + AnswerGallery.name)
    }

    /// Makes the run folder, or takes up the run in it.
    private func begin() throws {
        guard let resume else {
            // Weights that do not fit leave no folder behind.
            try startFromWeights()
            try world.together {
                guard world.isRoot else { return }
                try folder.create(settings)
                try RunNotes.write(photos, folder)
                try beginAccount()
                try warnOfWeights()
            }
            return
        }
        let checkpoint = try world.fromRoot {
            RunFolder.containing(resume)?.checkpoint ?? (folder.latest == nil ? nil : folder.path)
        }
        if let checkpoint {
            try trainer.resume(from: checkpoint)
            if world.isRoot {
                Ending.say(
                    "going on after step \(trainer.stepsDone) of \(trainer.course.totalSteps)"
                )
            }
        } else {
            try startFromWeights()
        }
        try world.together {
            guard world.isRoot else { return }
            try folder.store(settings)
            if try contents(of: folder.photos) == nil { try RunNotes.write(photos, folder) }
            try beginAccount()
            if checkpoint == nil { try warnOfWeights() }
        }
    }

    /// Says where the weights to start from know photos that are held out here.
    ///
    /// - Parameter inFolder: note it in the run folder too, which has to be there.
    private func warnOfWeights(inFolder: Bool = true) throws {
        guard let weights = settings.weights else { return }
        guard let notes = try RunOfCheckpoint(weights).run.flatMap(RunNotes.init) else { return }
        let seen = photos.heldOutPhotos(learnedBy: notes.photos)
        guard seen > 0 else { return }
        let words =
            "\(Figures.grouped(seen)) of the \(Figures.grouped(photos.held.count)) held-out photos were "
            + "learned from by the run of \(weights), which flatters the figures; the same --seed "
            + "and --hold-out as there hold out the same photos"
        Ending.say(words)
        if inFolder { try folder.note(words) }
    }

    private func beginAccount() throws {
        try account?.begin(
            world,
            step: trainer.stepsDone,
            of: trainer.course.totalSteps,
            notes: photos.remarks.lines + photos.findings.lines
        )
    }

    /// Reads the weights that the settings name, and says what was made of them.
    private func startFromWeights() throws {
        guard let weights = settings.weights else {
            try world.together {
                guard world.isRoot, settings.freezing != .none else { return }
                throw TrainingError.usage(
                    "--freeze without --weights: the frozen layers would stay random; give --weights FILE, "
                        + "or leave --freeze out"
                )
            }
            return
        }
        let report = try trainer.start(fromWeights: weights, ignoreSurplus: settings.ignoreSurplus)
        try world.together {
            guard world.isRoot else { return }
            for note in report.notes { Ending.say(note) }
        }
    }

    /// Says what came out and what can be done with it, on standard output.
    private func conclude(_ tested: EvaluationResult?) throws {
        let history = RunHistory(folder)
        var lines: [String] = []
        if let best = history.best { lines.append("best       \(TerminalReporter.line(best))") }
        if let tested {
            lines.append(
                "test       top-1 \(Figures.percent(tested.top1, decimals: 2)), "
                    + "top-5 \(Figures.percent(tested.top5, decimals: 2)), "
                    + "GAP \(Figures.fixed(tested.gap, 4)) on \(Figures.count(tested.images, "photo")), "
                    + "by \(tested.checkpoint)"
            )
        }
        if let best = folder.best ?? folder.latest { lines.append("checkpoint \(best)") }
        lines.append("report     \(RunReport.path(folder))")
        lines.append("next       landmark-train evaluate \(folder.path.shellWord)")
        if photos.held.count > 0 {
            lines.append(
                "           landmark-train predict \(folder.path.shellWord) "
                    + photos.held.path(0).shellWord
            )
        }
        try StandardOutput.print(lines)
    }
}
