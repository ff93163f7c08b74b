import Files
import Foundation
import Images
import Networks
import Reporting
import Training

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

    /// A path as a shell takes it.
    static func quoted(_ path: String) -> String { path.shellWord }

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
        content.settings = try rows(settings)
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
            throw ReportingError.data("\(path) is damaged and was passed over.")
        }
        return gallery
    }

    private static func commands(_ run: RunFolder, finished: Bool) -> [String] {
        let name = quoted(run.path)
        let further = [
            "landmark-train evaluate \(name)",
            "landmark-train predict \(name) PHOTO.jpg",
            "landmark-train export \(name) --torch weights.safetensors",
        ]
        guard run.latest != nil else { return [] }
        return finished ? further : ["landmark-train --resume \(name)"] + further
    }

    /// The settings as they stand in `config.json`, nested ones under their own name.
    private static func rows(
        _ settings: TrainingConfiguration
    ) throws -> [(name: String, value: String)] {
        try JSONDecoder().decode(Setting.self, from: settings.json()).rows(named: "")
            .map { ($0.name.replacing("_", with: " "), $0.value) }
            .sorted { $0.name < $1.name }
    }

    /// A value of `config.json`.
    private enum Setting: Decodable {
        case group([String: Setting])
        case value(String)

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if value.decodeNil() {
                self = .value("none")
            } else if let group = try? value.decode([String: Setting].self) {
                self = .group(group)
            } else if let flag = try? value.decode(Bool.self) {
                self = .value(flag ? "yes" : "no")
            } else if let number = try? value.decode(Int.self) {
                self = .value("\(number)")
            } else if let number = try? value.decode(Double.self) {
                self = .value(Figures.compact(number))
            } else {
                self = .value(try value.decode(String.self))
            }
        }

        func rows(named name: String) -> [(name: String, value: String)] {
            switch self {
            case .group(let group): group.flatMap { $0.value.rows(named: $0.key) }
            case .value(let text): [(name, text)]
            }
        }
    }
}
