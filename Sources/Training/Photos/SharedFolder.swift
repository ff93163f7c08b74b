public import Distributed
import Foundation
public import Images
public import Tensors

/// A folder of photos as all ranks see it: the same list on each, and what is known of each file.
///
/// Each rank lists the folder as its node has it. Where two do not see the same, all throw.
public struct SharedFolder {
    /// The folder.
    public let folder: ListedFolder
    /// What is known of each photo's file; empty where there are more than could be looked into.
    public let facts: [PhotoFact]
    /// The photos of a sample that are not there, and its size; nil where each was looked at.
    private let sample: (looked: Int, missing: [String])?

    /// Photos that are looked for where there are too many to look into each.
    private static let sampled = 2_000

    /// Lists a folder on all ranks and looks into its photos, each rank into a share of them.
    ///
    /// - Parameters:
    ///   - list: lists the folder; the same on all ranks.
    ///   - limit: photos of a folder that are looked into; of a larger one a sample is looked for.
    ///   - known: what a run noted of its photos, the same on all ranks.
    ///   - exitCode: the exit code for an error of `list`.
    /// - Throws: `TrainingError.rank` on all ranks where the folder cannot be used on some, and where
    ///   two ranks see different photos.
    public init(
        _ communicator: any Communicator,
        _ pool: ThreadPool,
        node: String,
        limit: Int,
        known: PhotoRecord? = nil,
        exitCode: (any Error) -> Int32 = TrainingError.exitCode(of:),
        _ list: () throws -> ListedFolder
    ) throws {
        let folder = try communicator.together(exitCode: exitCode, list)
        self.folder = folder
        try communicator.requireSame(
            folder.digest([]),
            node: node,
            in: folder.directory,
            lines: { (0..<folder.count).map { folder.line($0, []) } }
        )
        guard folder.count <= limit else {
            facts = []
            let places = folder.sample(Self.sampled)
            let missing = places.filter { !folder.isThere($0) }.map { folder.path($0) }
            try communicator.requireSame(
                ContentHash(missing.joined(separator: "\n")),
                node: node,
                in: folder.directory,
                lines: { missing.map { "\($0), missing" } }
            )
            sample = (places.count, missing)
            return
        }
        sample = nil
        let (rank, size) = (communicator.rank, communicator.size)
        let own = folder.count * rank / size..<folder.count * (rank + 1) / size
        let found = FactColumns(folder.inspect(own, pool, known: known))
        let facts = try communicator.gather(found).flatMap(\.facts)
        self.facts = facts
        guard size > 1 else { return }
        // Each rank looked at some photos where it is; here it looks whether it has them all.
        let sizes = folder.sizes(pool)
        try communicator.together {
            guard let photo = facts.indices.first(where: { facts[$0].size != sizes[$0] }) else {
                return
            }
            let other = (0..<size).first { photo < folder.count * ($0 + 1) / size } ?? 0
            func text(_ size: Int64) -> String { size < 0 ? "missing" : "\(size) bytes" }
            throw TrainingError.data(
                "ranks see different photos in \(folder.directory): \(folder.path(photo)) is "
                    + "\(text(sizes[photo])) on rank \(rank) (\(node)) and "
                    + "\(text(facts[photo].size)) on rank \(other); give all nodes the same folder"
            )
        }
    }

    /// What was found about `photos` of the folder, with what a sample showed.
    ///
    /// - Throws: `TrainingError.data` where more are missing than a run tolerates.
    public func findings(
        _ findings: PhotoFindings,
        tolerating share: Double
    ) throws -> PhotoFindings {
        var findings = findings
        if let sample {
            findings.noteSample(looked: sample.looked, missing: sample.missing)
        }
        let looked = sample?.looked ?? folder.count
        let missing = findings.missing.count
        guard missing >= Self.fewMissing, Double(missing) > share * Double(looked) else {
            return findings
        }
        throw TrainingError.data(
            "\(missing) of \(looked) photos "
                + (sample == nil ? "listed" : "looked for")
                + " are not there, such as \(findings.missing.examples[0].text); "
                + "bring them, or raise --max-bad-photos above \(share) to go on without them"
        )
    }

    /// Missing photos that no share of the whole makes too many.
    private static let fewMissing = 10
}

/// What is known of many photos, column by column, which is sent sooner than row by row.
private struct FactColumns: Codable, Sendable {
    private var sizes: [Int64]
    private var modified: [Int64]
    private var high: [UInt64?]
    private var low: [UInt64?]

    init(_ facts: [PhotoFact]) {
        sizes = facts.map(\.size)
        modified = facts.map(\.modified)
        high = facts.map { $0.hash?.high }
        low = facts.map { $0.hash?.low }
    }

    var facts: [PhotoFact] {
        sizes.indices.map { index in
            var hash: ContentHash?
            if let high = high[index], let low = low[index] {
                hash = ContentHash(high: high, low: low)
            }
            return PhotoFact(size: sizes[index], modified: modified[index], hash: hash)
        }
    }
}

extension Communicator {
    /// Throws on all ranks where `digest` is not the same on all.
    ///
    /// - Parameters:
    ///   - node: the node of this rank.
    ///   - place: where the photos are, for the message.
    ///   - lines: what `digest` stands for, of which the first difference is told.
    public func requireSame(
        _ digest: ContentHash,
        node: String,
        in place: String,
        lines: () -> [String]
    ) throws {
        let all = try gather(digest.text)
        guard let other = all.firstIndex(where: { $0 != all[0] }) else { return }
        let seen = try gather(
            SeenLines(node: node, lines: rank == 0 || rank == other ? lines() : [])
        )
        let (first, second) = (seen[0], seen[other])
        let difference = (0..<max(first.lines.count, second.lines.count)).first {
            first[$0] != second[$0]
        }
        throw TrainingError.rank(
            other,
            code: 65,
            "ranks see different photos in \(place): \(difference.map { first[$0] } ?? "one order") on "
                + "rank 0 (\(first.node)), \(difference.map { second[$0] } ?? "another order") on rank "
                + "\(other) (\(second.node)); give all nodes the same folder"
        )
    }
}

/// What a rank tells of its photos where ranks differ.
private struct SeenLines: Codable, Sendable {
    let node: String
    let lines: [String]

    /// A line, or that there is none.
    subscript(_ index: Int) -> String {
        index < lines.count ? "'\(lines[index])'" : "no further photo"
    }
}
