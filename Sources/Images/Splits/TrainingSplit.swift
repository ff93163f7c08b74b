import Tensors

/// Decides which photos of a folder are trained on and which are held out, and finds what is wrong
/// with them on the way.
///
/// Photos are counted over all parts of the folder.
struct TrainingSplit {
    private let folder: ListedFolder
    /// What is known of each photo's file; empty where there are too many to look at each.
    private let facts: [PhotoFact]
    private(set) var findings: PhotoFindings

    /// Begins.
    ///
    /// - Parameter examples: photos of each kind of trouble that are named.
    init(_ folder: ListedFolder, facts: [PhotoFact], examples: Int = 3) {
        precondition(facts.isEmpty || facts.count == folder.count, "a fact for each photo")
        self.folder = folder
        self.facts = facts
        findings = PhotoFindings(kept: examples)
        findings.listed = folder.count
        findings.inspected = facts.count
    }

    /// Photos of one part.
    typealias Photos = [UInt32]

    /// Parts the photos as a new run does.
    ///
    /// - Parameters:
    ///   - share: share of the photos to hold out where the folder has no test photos.
    ///   - seed: seed of that choice.
    mutating func part(
        _ training: PhotoList,
        share: Double,
        seed: UInt64
    ) throws -> (learned: Photos, held: Photos) {
        let learned = listed(training, from: 0)
        noteCopies(learned)
        if folder.validation != nil || folder.test != nil {
            let part = folder.validation == nil ? folder.testPhotos : folder.validationPhotos
            return (learned, apart(part, from: learned))
        }
        let split = try Split(
            labels: learned.map { training.labels[Int($0)] },
            identities: share > 0 ? identities(learned, of: training) : [],
            classes: folder.classes.count,
            share: share,
            seed: seed
        )
        return (
            split.training.map { learned[Int($0)] }, split.held.map { learned[Int($0)] }
        )
    }

    /// Photos of a part of the folder that are not trained on, each row once.
    mutating func apart(_ part: Range<Int>, from learned: Photos) -> Photos {
        guard !part.isEmpty else { return [] }
        var photos = listed(folder.place(part.lowerBound).list, from: part.lowerBound)
        removeLeaks(from: &photos, learned)
        return photos
    }

    /// Finds the photos of a resumed run, in the run's own order.
    ///
    /// The run goes on with the labels that it began with.
    ///
    /// - Throws: `ImagesError.data` where photos that it trained on are gone.
    mutating func find(
        _ record: PhotoRecord
    ) throws -> (learned: Photos, held: Photos, heldLabels: [Int32]) {
        var byName: [String: Int] = [:]
        var byHash: [ContentHash: Int] = [:]
        for index in 0..<folder.count {
            let fact = fact(index)
            guard fact?.isThere ?? true else { continue }
            byName[folder.name(index)] = index
            if let hash = fact?.hash, byHash[hash] == nil { byHash[hash] = index }
        }
        var isUsed = [Bool](repeating: false, count: folder.count)
        // Photos for a test of the finished network are none of the run's own.
        if folder.validation != nil { for index in folder.testPhotos { isUsed[index] = true } }
        func find(_ part: PhotoRecord.Part, _ index: Int) -> (photo: Int, isChanged: Bool)? {
            let hash = part.fact(index)?.hash
            let named = byName[part.name(index)]
            let isSame = named.map {
                hash == nil || fact($0)?.hash == nil || fact($0)?.hash == hash
            }
            if let named, isSame == true { return (named, false) }
            if let moved = hash.flatMap({ byHash[$0] }) { return (moved, false) }
            return named.map { ($0, true) }
        }
        var learned: Photos = []
        var gone = PhotoFindings.Trouble()
        for index in 0..<record.learned.count {
            guard let (photo, isChanged) = find(record.learned, index) else {
                gone.add(record.learned.name(index))
                continue
            }
            note(photo, isChanged: isChanged, label: record.learned.labels[index])
            isUsed[photo] = true
            learned.append(UInt32(photo))
        }
        if gone.count > 0 {
            throw ImagesError.data(
                "\(grouped(gone.count)) of the \(grouped(record.learned.count)) photos that the run "
                    + "learns from are no longer in \(folder.directory), such as "
                    + "\(gone.examples.map(\.text).joined(separator: ", ")); bring them back, or start a new run "
                    + "from its weights with --weights"
            )
        }
        var held: Photos = []
        var heldLabels: [Int32] = []
        for index in 0..<record.held.count {
            guard let (photo, isChanged) = find(record.held, index) else {
                findings.gone.add(record.held.name(index))
                continue
            }
            note(photo, isChanged: isChanged, label: record.held.labels[index])
            isUsed[photo] = true
            heldLabels.append(record.held.labels[index])
            held.append(UInt32(photo))
        }
        // What a new run would not take either is not new.
        let known = Set(
            (learned + held).compactMap { fact(Int($0))?.hash }
        )
        for index in 0..<folder.count where !isUsed[index] {
            let fact = fact(index)
            guard fact?.isThere ?? true else {
                findings.missing.add(folder.path(index))
                continue
            }
            if let hash = fact?.hash, known.contains(hash) { continue }
            findings.added.add(folder.path(index))
        }
        return (learned, held, heldLabels)
    }

    private mutating func note(_ photo: Int, isChanged: Bool, label: Int32) {
        if isChanged { findings.changed.add(folder.path(photo)) }
        if folder.label(photo) != label { findings.relabelled.add(folder.path(photo)) }
    }

    /// What training photos are known by: their bytes where they were inspected, else their
    /// names.
    func identities(_ photos: Photos, of training: PhotoList) -> [ContentHash] {
        let files = training.files
        return photos.map { photo in
            let hash = facts.isEmpty ? nil : facts[Int(photo)].hash
            return hash ?? files.identity(Int(photo))
        }
    }

    private func fact(_ index: Int) -> PhotoFact? { facts.isEmpty ? nil : facts[index] }

    /// The photos of a list that are there, in the order of their names, each row once.
    private mutating func listed(_ list: PhotoList, from start: Int) -> Photos {
        var photos: Photos = []
        photos.reserveCapacity(list.count)
        let order = list.files.order()
        // Rows of one name are neighbours in the order: the first of them, and its labels.
        var first = 0
        var labels: [Int32] = []
        for place in 0..<list.count {
            let row = order.map { Int($0[place]) } ?? place
            if let order {
                let label = list.labels[row]
                if place > 0, list.files.areEqual(Int(order[first]), row) {
                    guard !labels.contains(label) else {
                        findings.repeated.add(list.name(row))
                        continue
                    }
                    findings.contradictions.add(list.name(row))
                    labels.append(label)
                } else {
                    first = place
                    labels.removeAll(keepingCapacity: true)
                    labels.append(label)
                }
            }
            guard facts.isEmpty || facts[start + row].isThere else {
                findings.missing.add(list.path(row))
                continue
            }
            photos.append(UInt32(start + row))
        }
        return photos
    }

    /// Counts copies among the training photos, and those under two landmarks among all.
    private mutating func noteCopies(_ learned: Photos) {
        guard !facts.isEmpty else { return }
        var first: [ContentHash: Int] = [:]
        for photo in learned {
            let index = Int(photo)
            guard let hash = fact(index)?.hash else { continue }
            guard let before = first[hash] else {
                first[hash] = index
                continue
            }
            if folder.label(index) == folder.label(before) {
                findings.copies.add(folder.path(index), folder.path(before))
            } else {
                findings.conflicts.add(folder.path(index), folder.path(before))
            }
        }
    }

    /// Takes out of `held` what is trained on: copies, and photos of an id that is given once.
    private mutating func removeLeaks(from held: inout Photos, _ learned: Photos) {
        guard !held.isEmpty else { return }
        let namesTell = folder.namesAreGlobal
        var byHash: [ContentHash: [Int]] = [:]
        var byName: [String: [Int]] = [:]
        for (place, photo) in held.enumerated() {
            if let hash = fact(Int(photo))?.hash { byHash[hash, default: []].append(place) }
            if namesTell { byName[folder.name(Int(photo)), default: []].append(place) }
        }
        var twins = [Int?](repeating: nil, count: held.count)
        for photo in learned {
            let index = Int(photo)
            let places =
                (fact(index)?.hash.flatMap { byHash[$0] } ?? [])
                + (namesTell ? byName[folder.name(index)] ?? [] : [])
            for place in places where twins[place] == nil { twins[place] = index }
        }
        for (photo, twin) in zip(held, twins) {
            guard let twin else { continue }
            findings.leaks.add(folder.path(Int(photo)), folder.path(twin))
            if folder.label(Int(photo)) >= 0, folder.label(Int(photo)) != folder.label(twin) {
                findings.conflicts.add(folder.path(Int(photo)), folder.path(twin))
            }
        }
        held = zip(held, twins).filter { $1 == nil }.map(\.0)
    }
}
