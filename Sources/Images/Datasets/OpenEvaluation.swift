/// Photos to evaluate a network on.
///
/// Their labels are those of the network, −1 for landmarks it does not know.
public struct EvaluationPhotos: Sendable {
    /// What the figures are about.
    public let judged: any Dataset
    /// Photos that came to the folder of a run after it began, which are counted apart.
    ///
    /// None where none of the photos was held out by a run.
    public let added: any Dataset
    /// Where the photos come from.
    public let source: HeldSource
    /// Photos that the network trained on: left out, or judged where all were asked for.
    public let learned: Int
    /// What the user should know about the folder.
    public let remarks: PhotoRemarks
    /// What was found about the photos on the way.
    public let findings: PhotoFindings
    /// Photos with the name of one that was trained on and other bytes.
    public let renewed: PhotoFindings.Trouble

    /// All photos, those that came later last.
    public var photos: any Dataset {
        added.count == 0 ? judged : JoinedPhotos(judged, added)
    }
}

/// What is known of a network's past, by which photos that it trained on are told from others.
public struct KnownPhotos: Sendable {
    /// The photos of its run; nil where they are not known.
    public var record: PhotoRecord?
    /// The share that its run held out, where only the settings are known.
    public var holdOut: Double
    /// The seed of that choice.
    public var seed: UInt64

    /// Puts together what is known.
    public init(record: PhotoRecord? = nil, holdOut: Double = 0, seed: UInt64 = 0) {
        self.record = record
        self.holdOut = holdOut
        self.seed = seed
    }
}

extension ListedFolder {
    /// The photos of the folder on which a network is evaluated.
    ///
    /// These are its test photos; without such, its validation photos; without such, those that its run
    /// held out and those that it never saw. What it trained on is left out.
    ///
    /// - Parameters:
    ///   - facts: what is known of each photo's file; empty = nothing.
    ///   - past: what the network trained on.
    ///   - all: whether to take all photos that the folder lists instead.
    /// - Throws: `ImagesError` where nothing is left to judge on, and where the network knows none of
    ///   the landmarks.
    public func evaluated(
        _ facts: [PhotoFact],
        _ past: KnownPhotos,
        all: Bool = false
    ) throws -> EvaluationPhotos {
        let parts = chosenParts(all: all)
        let (source, lists) = (parts.source, parts.lists)
        var candidates = parts.photos
        var findings = PhotoFindings()
        findings.listed = count
        findings.inspected = facts.count
        candidates = present(candidates, facts, &findings)
        var renewed = PhotoFindings.Trouble()
        var learned = 0
        var held: [UInt32] = []
        var new: [UInt32] = []
        if let record = past.record {
            let match = record.isLearned(namesTell: namesAreGlobal)
            for photo in candidates {
                let index = Int(photo)
                switch match(name(index), facts.isEmpty ? nil : facts[index]) {
                case .learned:
                    learned += 1
                    if all { held.append(photo) }
                case .held: held.append(photo)
                case .new: if all { held.append(photo) } else { new.append(photo) }
                case .renewed:
                    renewed.add(path(index))
                    if all { held.append(photo) } else { new.append(photo) }
                }
            }
            if source == .split, !held.isEmpty { noteGone(record, held, facts, &findings) }
            // Where nothing was held out by the run, its strangers are not apart from anything.
            if held.isEmpty || source != .split {
                held = source != .split ? (held + new).sorted() : new
                new = []
            }
        } else if source != .split {
            held = candidates
        } else if let training {
            let parting = TrainingSplit(self, facts: facts)
            let split = try Split(
                labels: candidates.map { training.labels[Int($0)] },
                identities: parting.identities(candidates, of: training),
                classes: classes.count,
                share: past.holdOut,
                seed: past.seed
            )
            held = split.held.map { candidates[Int($0)] }
            learned = split.training.count
        }
        let remarks = remarks(lists)
        try check(candidates, held + new, learned: learned, past, remarks)
        return EvaluationPhotos(
            judged: FolderPhotos(self, held, mixed: all),
            added: FolderPhotos(self, new, mixed: all),
            source: source,
            learned: learned,
            remarks: remarks,
            findings: findings,
            renewed: renewed
        )
    }

    /// Which photos may be judged on, before it is known which were trained on.
    private func chosenParts(
        all: Bool
    ) -> (source: HeldSource, photos: [UInt32], lists: [PhotoList]) {
        func part(_ range: Range<Int>) -> [UInt32] { range.map { UInt32($0) } }
        guard !all else {
            return (.all, part(0..<count), [training, validation, test].compactMap { $0 })
        }
        if let test { return (.test, part(testPhotos), [test]) }
        if let validation { return (.validation, part(validationPhotos), [validation]) }
        return (.split, part(0..<count), [training].compactMap { $0 })
    }

    /// The photos that are there, each row once.
    private func present(
        _ photos: [UInt32],
        _ facts: [PhotoFact],
        _ findings: inout PhotoFindings
    ) -> [UInt32] {
        var seen: [String: [Int32]] = [:]
        return photos.filter { photo in
            let index = Int(photo)
            guard facts.isEmpty || facts[index].isThere else {
                findings.missing.add(path(index))
                return false
            }
            guard namesAreGlobal else { return true }
            let label = label(index)
            guard !seen[name(index), default: []].contains(label) else {
                findings.repeated.add(name(index))
                return false
            }
            seen[name(index), default: []].append(label)
            return true
        }
    }

    /// Counts the photos that a run held out and that are no longer there: deleted, or overwritten by others.
    ///
    /// - Parameter found: those of them that are there.
    private func noteGone(
        _ record: PhotoRecord,
        _ found: [UInt32],
        _ facts: [PhotoFact],
        _ findings: inout PhotoFindings
    ) {
        let names = Set(found.map { name(Int($0)) })
        let hashes = Set(facts.isEmpty ? [] : found.compactMap { facts[Int($0)].hash })
        for index in 0..<record.held.count where !names.contains(record.held.name(index)) {
            if let hash = record.held.fact(index)?.hash, hashes.contains(hash) { continue }
            findings.gone.add(record.held.name(index))
        }
    }

    /// Throws where there is nothing to evaluate a network on.
    private func check(
        _ candidates: [UInt32],
        _ chosen: [UInt32],
        learned: Int,
        _ past: KnownPhotos,
        _ remarks: PhotoRemarks
    ) throws {
        guard !candidates.isEmpty else {
            throw ImagesError.data(
                "none of the photos that \(directory) lists is there; check that it is the right "
                    + "folder and that all of it was copied"
            )
        }
        let isKnown = candidates.contains { label(Int($0)) >= 0 }
        guard isKnown else {
            throw ImagesError.data(
                "none of the landmarks of \(directory) is among the \(classes.count) that the network "
                    + "knows; give the photos of a folder like the one it was trained on"
                    + remarks.notes.map { "; \($0)" }.joined()
            )
        }
        guard chosen.isEmpty else { return }
        guard past.record == nil else {
            throw ImagesError.data(
                "the network learned from all \(grouped(learned)) photos of \(directory) that it "
                    + "could be judged on; give other photos, or --all to judge it on these"
            )
        }
        throw ImagesError.data(
            "\(directory) has no test photos and none are held out; take all photos instead"
        )
    }
}

/// Opens the photos of a folder that a table lists, to answer what they show.
///
/// - Parameters:
///   - table: a csv file with a column id; what it says of landmarks is not looked at.
///   - directory: the folder, as of `openPhotos`.
/// - Throws: `ImagesError` where the table cannot be used, and where none of its photos is there.
public func openUnlabelled(_ table: String, in directory: String) throws -> any Dataset {
    let ids = try LandmarkTable.readIDs(table)
    let layout = try LandmarkLayout(directory, unlabelled: table)
    return PhotoList(
        files: try layout.files(ids, of: table),
        classes: ClassIndex(folders: []),
        labels: [Int32](repeating: -1, count: ids.count)
    )
}

extension EvaluationPhotos {
    /// The photos of one use, or all but those that a contest ignores.
    ///
    /// - Parameter usage: a word of the table's column `Usage`, in any case; nil = all that count.
    /// - Throws: `ImagesError` where the table does not have it.
    public func used(as usage: String?) throws -> EvaluationPhotos {
        var uses: [String: Int] = [:]
        for index in 0..<judged.count {
            if let use = judged.usage(index) { uses[use, default: 0] += 1 }
        }
        let ignored = uses.filter { $0.key.lowercased() == "ignored" }.values.reduce(0, +)
        guard usage != nil || ignored > 0 else { return self }
        guard !uses.isEmpty else {
            throw ImagesError.usage(
                "--usage chooses rows of a table by its column Usage, and there is none; leave it out"
            )
        }
        let wanted = usage?.lowercased()
        let chosen = (0..<judged.count).filter { index in
            let use = (judged.usage(index) ?? "").lowercased()
            return wanted.map { $0 == use } ?? (use != "ignored")
        }
        guard !chosen.isEmpty else {
            throw ImagesError.usage(
                "no photo is used as '\(usage ?? "")'; the table has "
                    + listed(uses.keys.sorted(), limit: 5)
            )
        }
        var remarks = remarks
        if wanted == nil {
            remarks.unused.append("\(counted(ignored, "photo")) that the table has as Ignored")
        }
        return EvaluationPhotos(
            judged: ChosenPhotos(judged, chosen),
            added: added,
            source: source,
            learned: learned,
            remarks: remarks,
            findings: findings,
            renewed: renewed
        )
    }

    /// The same with further photos to judge on.
    ///
    /// - Parameter others: photos with the same classes.
    public func with(_ others: any Dataset) -> EvaluationPhotos {
        EvaluationPhotos(
            judged: JoinedPhotos(judged, others),
            added: added,
            source: source,
            learned: learned,
            remarks: remarks,
            findings: findings,
            renewed: renewed
        )
    }
}
