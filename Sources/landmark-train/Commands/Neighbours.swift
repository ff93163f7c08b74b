import ArgumentParser
import Distributed
import Files
import Images
import Reporting
import Tensors
import Training

/// `landmark-train neighbours`.
struct Neighbours: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find the nearest photos of a database by their embeddings, exactly.",
        discussion: """
            Both files are those of embed. The database is read block by block, each rank its share, so that \
            memory does not grow with it. Every pair is compared; equal scores are in the order of the database. \
            Where both files have labels, mAP@100 is printed: each query's relevant photos are those of its \
            landmark.
            """
    )

    @Argument(help: ArgumentHelp("Embeddings to ask about.", valueName: "queries"))
    var queries: String

    @Argument(help: ArgumentHelp("Embeddings to search in.", valueName: "database"))
    var database: String

    @Option(help: "Nearest photos to find for each query.")
    var neighbours = 100

    @Option(
        help: ArgumentHelp(
            "Table to write: query,rank,photo,score,landmark_id,name.",
            valueName: "file"
        )
    )
    var out: String?

    @Flag(help: "Print one JSON object instead of lines.")
    var json = false

    @OptionGroup var engine: EngineFlag
    @OptionGroup var machine: MachineFlags

    /// Places that count for mAP@100.
    private static let places = 100

    /// What is printed.
    private struct Result: Encodable {
        var queries: Int
        var photos: Int
        var neighbours: Int
        /// mAP@100; nil where a file has no labels, or no query a relevant photo.
        var meanAveragePrecision: Double?
        /// Queries without a label, or without a photo of their landmark in the database.
        var withoutRelevant: Int?

        enum CodingKeys: String, CodingKey {
            case queries, photos, neighbours
            case meanAveragePrecision = "map_at_100"
            case withoutRelevant = "without_relevant"
        }
    }

    func run() {
        // Before any thread is started: threads inherit which signals are blocked.
        let signals = StopSignals()
        World.launch(threads: machine.threads) { world in
            let (asked, searched) = try world.together {
                try NumberFlag.require(neighbours, "--neighbours", NumberFlag.neighbours)
                let files = (try EmbeddingFile(queries), try EmbeddingFile(database))
                try requireSame(files.0, files.1)
                guard files.1.count > 0 else {
                    throw TrainingError.data("\(database) holds no embeddings; embed some photos")
                }
                return files
            }
            try world.use(engine.blas)
            let isJudged = asked.isLabelled && searched.isLabelled
            let most = isJudged ? max(neighbours, Self.places) : neighbours
            try MemoryCheck.require(
                NeighbourSearch.memory(
                    count: min(asked.count, SharedSearch.queriesAtOnce),
                    width: asked.width,
                    most: min(most, searched.count),
                    threads: world.pool.threads
                ),
                world,
                advice: "ask for fewer --neighbours or use fewer ranks on the node"
            )
            if world.isRoot, asked.network == nil || searched.network == nil {
                Ending.say(
                    "a file does not say which network its embeddings are of; whether both are of the same is not known"
                )
            }
            let table = try world.together {
                try world.isRoot ? NeighbourTable(out, asked, searched, keep: neighbours) : nil
            }
            let terminal = Terminal.standardError
            let total = Double(max(asked.count * searched.count, 1))
            var failure: (any Error)?
            try SharedSearch(communicator: world.communicator, pool: world.pool).run(
                asked,
                in: searched,
                most: most,
                stop: signals.stop,
                progress: { done in
                    guard world.isRoot else { return }
                    terminal.replace("searching \(Figures.percent(Double(done) / total))")
                },
                found: { query, rows in
                    guard failure == nil else { return }
                    do { try table?.add(query, rows) } catch { failure = error }
                }
            )
            if world.isRoot { terminal.replace("") }
            try world.together {
                if let failure { throw failure }
                guard let table else { return }
                try table.finish()
                try tell(table, asked, searched, isJudged)
            }
            return 0
        }
    }

    private func requireSame(_ a: EmbeddingFile, _ b: EmbeddingFile) throws {
        if let own = a.network, let other = b.network {
            try own.require(other, of: database, own: "that of \(queries)")
        }
    }

    private func tell(
        _ table: NeighbourTable,
        _ asked: EmbeddingFile,
        _ searched: EmbeddingFile,
        _ isJudged: Bool
    ) throws {
        let precisions = table.precisions
        let mean =
            precisions.isEmpty ? nil : precisions.reduce(0, +) / Double(precisions.count)
        let without = asked.count - precisions.count
        let result = Result(
            queries: asked.count,
            photos: searched.count,
            neighbours: min(neighbours, searched.count),
            meanAveragePrecision: mean,
            withoutRelevant: isJudged ? without : nil
        )
        guard !json else {
            let page = try result.jsonPage()
            return try StandardOutput.write(String(decoding: page, as: UTF8.self) + "\n")
        }
        var lines = [
            "the \(Figures.grouped(result.neighbours)) nearest of \(Figures.count(searched.count, "photo")) "
                + "for \(Figures.grouped(asked.count)) queries"
                + (out.map { " in \($0.readable)" } ?? "")
        ]
        if isJudged {
            lines.append(
                (mean.map { "mAP@100  \(Figures.fixed($0, 4))" } ?? "mAP@100  none")
                    + (without > 0
                        ? "; \(Figures.grouped(without)) queries without a photo of their landmark are left out"
                        : "")
            )
        }
        if table.selves > 0 {
            lines.append(
                "\(Figures.grouped(table.selves)) queries found a photo of their own id, which flatters"
            )
        }
        try StandardOutput.print(lines)
    }
}

/// The table of the nearest photos, and how good they are.
final class NeighbourTable {
    private let file: OutputFile?
    private let keep: Int
    private let asked: EmbeddingFile
    private let searched: EmbeddingFile
    private let askedIDs: [String]
    private let searchedIDs: [String]
    /// The landmark of each query, as a class of the database; −1 = none of them.
    private let truth: [Int32]
    private let relevant: [Int]
    /// The average precision of each query that has relevant photos.
    private(set) var precisions: [Double] = []
    /// Queries that found a photo of their own id.
    private(set) var selves = 0

    /// Begins a table; nil = none is written, and what is found is judged alone.
    init(
        _ path: String?,
        _ asked: EmbeddingFile,
        _ searched: EmbeddingFile,
        keep: Int
    ) throws {
        (self.asked, self.searched, self.keep) = (asked, searched, keep)
        askedIDs = try asked.ids()
        searchedIDs = try searched.ids()
        let classes = (0..<asked.classes.count).map {
            searched.classes.label(of: asked.classes.landmarkID($0)) ?? -1
        }
        truth = asked.labels.map { $0 < 0 ? -1 : classes[Int($0)] }
        var relevant = [Int](repeating: 0, count: searched.classes.count)
        for label in searched.labels where label >= 0 { relevant[Int(label)] += 1 }
        self.relevant = relevant
        file = try path.map { try OutputFile($0) }
        try write("query,rank,photo,score,landmark_id,name\n")
    }

    /// Takes what was found for the next query.
    func add(_ query: Int, _ rows: [RankedRow]) throws {
        let own = askedIDs[query]
        if rows.contains(where: { searchedIDs[$0.row] == own }) { selves += 1 }
        let label = truth[query]
        if label >= 0, relevant[Int(label)] > 0 {
            precisions.append(
                averagePrecision(
                    rows.map {
                        (id: searchedIDs[$0.row], isRelevant: searched.labels[$0.row] == label)
                    },
                    relevant: relevant[Int(label)]
                )
            )
        }
        guard file != nil else { return }
        var text = ""
        for (place, row) in rows.prefix(keep).enumerated() {
            let found = searched.labels[row.row]
            text += CommaSeparated.line([
                own, "\(place + 1)", searchedIDs[row.row], Figures.fixed(Double(row.score), 6),
                found >= 0 ? "\(searched.classes.landmarkID(Int(found)))" : "",
                found >= 0 ? searched.classes.names[Int(found)] : "",
            ])
        }
        try write(text)
    }

    /// Ends the table.
    func finish() throws { try file?.finish() }

    private func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try file?.write(UnsafeRawBufferPointer($0)) }
    }
}
