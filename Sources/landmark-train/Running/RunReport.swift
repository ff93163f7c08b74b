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
    static func write(_ run: RunFolder) throws {
        try ReportPage(content(run)).write(to: path(run))
    }

    /// A path as a shell takes it.
    static func quoted(_ path: String) -> String {
        let plain = path.unicodeScalars.allSatisfy {
            CharacterSet.alphanumerics.contains($0) || "/._-+=:,@%".unicodeScalars.contains($0)
        }
        return plain ? path : "'" + path.replacing("'", with: "'\\''") + "'"
    }

    private static func content(_ run: RunFolder) throws -> ReportContent {
        let settings = try run.configuration()
        let history = try RunHistory(run)
        let metadata = try (run.best ?? run.latest).flatMap { try CheckpointFile($0).metadata }
        let landmarks = metadata.map { "\(Figures.grouped($0.classes.count)) landmarks" }
        let learned = metadata.map {
            "\(Figures.grouped($0.trainingCounts.reduce(0, +))) photos to learn from"
        }
        var content = ReportContent(
            title: Path.name(of: Path.absolute(run.path)),
            subtitle: [
                "\(settings.model.rawValue) at \(settings.imageSize)×\(settings.imageSize)",
                settings.data ?? "built-in landmarks", landmarks, learned,
                "batch \(settings.batch) in \(settings.slices ?? 1) slices",
            ].compactMap { $0 }.joined(separator: " · "),
            history: history
        )
        content.settings = try rows(settings)
        content.trainingCounts = metadata?.trainingCounts ?? []
        let name = quoted(run.path)
        content.commands = [
            "landmark-train evaluate \(name)",
            "landmark-train predict \(name) PHOTO.jpg",
            "landmark-train export \(name) --torch weights.safetensors",
        ]
        let answers = run.path + "/" + AnswerTable.name
        if exists(answers), let metadata {
            let table = try AnswerTable(reading: answers)
            content.hardest = table.hardest(
                10,
                names: metadata.classes,
                trained: metadata.trainingCounts
            )
        }
        content.sheet = try contents(of: run.path + "/" + AnswerSheet.name)
        return content
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
