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
        let found = try communicator.allGather(
            SharedFolder.pack(folder.inspect(own, pool, known: known))
        )
        let facts = found.flatMap(SharedFolder.unpack)
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

    private static let width = 33

    private static func pack(_ facts: [PhotoFact]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(facts.count * width)
        for fact in facts {
            for number in [
                UInt64(bitPattern: fact.size), UInt64(bitPattern: fact.modified),
                fact.hash?.high ?? 0, fact.hash?.low ?? 0,
            ] {
                withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
            }
            bytes.append(fact.hash == nil ? 0 : 1)
        }
        return bytes
    }

    private static func unpack(_ bytes: [UInt8]) -> [PhotoFact] {
        bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: width).map { place in
                func number(_ index: Int) -> UInt64 {
                    UInt64(
                        littleEndian: bytes.loadUnaligned(
                            fromByteOffset: place + 8 * index,
                            as: UInt64.self
                        )
                    )
                }
                return PhotoFact(
                    size: Int64(bitPattern: number(0)),
                    modified: Int64(bitPattern: number(1)),
                    hash: bytes[place + 32] == 0
                        ? nil : ContentHash(high: number(2), low: number(3))
                )
            }
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
        let all = try allGather(Array(digest.text.utf8))
        guard let other = all.firstIndex(where: { $0 != all[0] }) else { return }
        let texts = try allGather(
            rank == 0 || rank == other
                ? Array(([node] + lines()).joined(separator: "\u{1e}").utf8) : []
        )
        let (first, second) = (SharedLines(texts[0]), SharedLines(texts[other]))
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
private struct SharedLines {
    let node: String
    let lines: [Substring]

    init(_ bytes: [UInt8]) {
        let parts = String(decoding: bytes, as: UTF8.self).split(
            separator: "\u{1e}",
            omittingEmptySubsequences: false
        )
        node = parts.first.map(String.init) ?? ""
        lines = Array(parts.dropFirst())
    }

    /// A line, or that there is none.
    subscript(_ index: Int) -> String {
        index < lines.count ? "'\(lines[index])'" : "no further photo"
    }
}
