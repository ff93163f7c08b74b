import ArgumentParser
import Files
import Foundation
import Images
import Networks
import Reporting
import Training

/// `landmark-train report`.
struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the report page of a run anew, RUN/report.html."
    )

    @Argument(help: ArgumentHelp("Run folder.", valueName: "run"))
    var folder: String

    func run() {
        World.launch(threads: 1) { world in
            try world.together {
                guard world.isRoot else { return }
                let run = RunFolder(folder)
                if let state = try RunReport.write(run, isOwn: false) {
                    Ending.say(state)
                }
                try StandardOutput.print(RunReport.path(run))
            }
            return 0
        }
    }
}

/// The report page of a run folder, from the files in it.
enum RunReport {
    /// Where the page lies.
    static func path(_ run: RunFolder) -> String { run.path + "/report.html" }

    /// Makes the page anew.
    ///
    /// - Parameter isOwn: whether this process trains, or trained, in the folder; otherwise the folder's
    ///   lock tells whether another does.
    /// - Returns: how the run stands, on one line; nil = that is not known.
    @discardableResult static func write(_ run: RunFolder, isOwn: Bool) throws -> String? {
        let page = ReportPage(try content(run, isOwn: isOwn))
        try page.write(to: path(run))
        return page.state
    }

    private static func content(_ run: RunFolder, isOwn: Bool) throws -> ReportContent {
        let settings = try run.configuration()
        var history = RunHistory(run)
        let metadata = passing(&history) {
            try (run.best ?? run.latest).flatMap { try CheckpointFile($0).metadata }
        }
        let learned = metadata.map { $0.trainingCounts.reduce(0, +) }
        let slices = Figures.count(settings.slices ?? 1, "slice")
        var content = ReportContent(
            title: Path.name(of: Path.absolute(run.path)),
            subtitle: [
                "\(settings.model.rawValue) at \(settings.imageSize)×\(settings.imageSize)",
                settings.data ?? "built-in landmarks",
                metadata.map { Figures.count($0.classes.count, "landmark") },
                learned.map { "\(Figures.count($0, "photo")) to learn from" },
                "batch \(Figures.grouped(settings.batch)) in \(slices)",
            ].compactMap { $0 },
            history: history
        )
        // What cannot be read leaves both possible.
        content.isRunning =
            isOwn ? true : (try? RunLock.standing(run)).map { $0?.isAlive ?? false }
        content.configuration = settings
        content.settings = rows(settings)
        if let metadata {
            content.landmarks = zip(metadata.classes.names, metadata.trainingCounts).map {
                .init(name: $0, count: $1)
            }
        }
        content.answers = passing(&content.history) { try gallery(run) }
        if let metadata, let table = passing(&content.history, { try answers(run) }) {
            content.hardest = table.hardest(
                10,
                names: metadata.classes,
                trained: metadata.trainingCounts
            )
            content.confusion = table.confusion()
        }
        content.commands = commands(run, finished: history.status?.latest?.status == .finished)
        return content
    }

    /// What a file of the run holds, or nothing and a note where it is damaged: a page without it is
    /// better than none.
    private static func passing<T>(_ history: inout RunHistory, _ body: () throws -> T?) -> T? {
        do {
            return try body()
        } catch {
            history.passedOver.append("\(error)")
            return nil
        }
    }

    private static func answers(_ run: RunFolder) throws -> AnswerTable? {
        let path = run.path + "/" + AnswerTable.name
        return exists(path) ? try AnswerTable(reading: path) : nil
    }

    private static func gallery(_ run: RunFolder) throws -> AnswerGallery? {
        let path = run.path + "/" + AnswerGallery.name
        guard let text = try contents(of: path) else { return nil }
        guard let gallery = try? JSONDecoder().decode(AnswerGallery.self, from: text) else {
            throw ReportingError.data("\(path) is damaged and was skipped.")
        }
        return gallery
    }

    private static func commands(_ run: RunFolder, finished: Bool) -> [String] {
        let name = run.path.shellWord
        let further = [
            "landmark-train evaluate \(name)",
            "landmark-train predict \(name) PHOTO.jpg",
            "landmark-train export \(name) --torch weights.safetensors",
        ]
        guard run.latest != nil else { return [] }
        return finished ? further : ["landmark-train --resume \(name)"] + further
    }

    /// The settings by their keys in `config.json`, nested ones under their own name.
    private static func rows(_ configuration: TrainingConfiguration) -> [(
        name: String, value: String
    )] {
        let rows = TrainingConfiguration.settings.map { setting in
            let name = setting.key.split(separator: ".").last ?? ""
            return (String(name).replacing("_", with: " "), setting.text(in: configuration))
        }
        return ([("recipe", configuration.recipe.rawValue)] + rows).sorted { $0.0 < $1.0 }
    }
}
