import Foundation
import Images
import Tensors
import Testing

/// Photos are known by what is in them: copies, leaks, and what a run notes.
@Suite struct PhotoIdentityTests {
    private let pool = ThreadPool(threads: 2)

    private func open(
        _ folder: TemporaryFolder,
        record: PhotoRecord? = nil,
        classes: ClassIndex? = nil
    ) throws -> LoadedPhotos {
        let listed = try ListedFolder(folder.path, classes: classes)
        let facts = listed.inspect(0..<listed.count, pool)
        return try listed.parted(facts, holdOut: 0.3, seed: 4, record: record)
    }

    private func evaluate(
        _ folder: TemporaryFolder,
        _ photos: LoadedPhotos,
        all: Bool = false
    ) throws -> EvaluationPhotos {
        let listed = try ListedFolder(folder.path, classes: photos.classes)
        let facts = listed.inspect(0..<listed.count, pool)
        return try listed.evaluated(facts, KnownPhotos(record: photos.record), all: all)
    }

    private func contents(_ photos: any Dataset) -> [String] {
        (0..<photos.count).map { index in
            let data = FileManager.default.contents(atPath: photos.path(index)) ?? Data()
            return String(decoding: data, as: UTF8.self)
        }
    }

    /// Two class folders of `count` photos each, all different.
    private func towers(_ count: Int = 20) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for number in 0..<count {
            try folder.write("Dom/\(number).jpg", "dom \(number)")
            try folder.write("Tor/\(number).jpg", "tor \(number)")
        }
        return folder
    }

    @Test func theHashTellsContentsApart() {
        var seen = Set<ContentHash>()
        var bytes = [UInt8](repeating: 0, count: 100)
        for count in 0...100 {
            seen.insert(bytes[..<count].withUnsafeBytes { ContentHash($0) })
        }
        for place in 0..<100 {
            for bit in 0..<8 {
                bytes[place] ^= 1 << bit
                seen.insert(bytes.withUnsafeBytes { ContentHash($0) })
                bytes[place] ^= 1 << bit
            }
        }
        #expect(seen.count == 101 + 800)
        for hash in seen { #expect(ContentHash(text: hash.text) == hash) }
        #expect(ContentHash(text: "12") == nil)
    }

    @Test func largeFilesAreToldApartByPiecesAndSize() throws {
        let folder = try TemporaryFolder()
        var data = Data(repeating: 7, count: 1 << 20)
        func hash() throws -> PhotoFact {
            try data.write(to: URL(fileURLWithPath: folder.path + "/Dom/0.jpg"))
            return try ListedFolder(folder.path).inspect(0..<1, pool)[0]
        }
        try folder.write("Dom/0.jpg")
        let first = try hash()
        #expect(first.size == 1 << 20)
        data[0] = 8
        let second = try hash()
        data[0] = 7
        data[data.count - 1] = 8
        let third = try hash()
        data.append(7)
        let fourth = try hash()
        #expect(Set([first, second, third, fourth].map(\.hash)).count == 4)
    }

    @Test func copiesConflictsAndLeaksAreFoundAndCounted() throws {
        let folder = try TemporaryFolder()
        for (name, text) in [
            ("train/Dom/0.jpg", "a"), ("train/Dom/1.jpg", "b"), ("train/Dom/2.jpg", "a"),
            ("train/Tor/0.jpg", "c"), ("train/Tor/1.jpg", "b"), ("train/Tor/2.jpg", ""),
            ("train/Tor/3.jpg", ""), ("test/Dom/0.jpg", "a"), ("test/Dom/1.jpg", "new"),
            ("test/Tor/0.jpg", "a"),
        ] {
            try folder.write(name, text)
        }
        let photos = try open(folder)
        #expect(photos.training.count == 7)
        #expect(contents(photos.held) == ["new"])
        #expect(photos.findings.copies.count == 1)
        #expect(photos.findings.leaks.count == 2)
        // b under two landmarks, and a of the test photos under another than in training.
        #expect(photos.findings.conflicts.count == 2)
        #expect(photos.findings.lines.count == 3)
        let listed = try ListedFolder(folder.path)
        let all = try listed.findings(listed.inspect(0..<listed.count, pool), examples: 100)
        #expect(all.problems.count == 5)
        #expect(all.problems[0].path == folder.path + "/test/Dom/0.jpg")
        #expect(all.problems[0].reason.hasSuffix("/train/Dom/0.jpg"))
    }

    /// Held-out photos of a run: renamed, overwritten with one that was learned from, with a new one, and deleted.
    @Test func heldOutPhotosThatAreNoLongerThereAreCounted() throws {
        let folder = try towers()
        let photos = try open(folder)
        let held = (0..<photos.held.count).map(photos.held.path)
        let learned = contents(photos.training)[0]
        #expect(held.count > 6)
        #expect(try evaluate(folder, photos).findings.gone.count == 0)
        try FileManager.default.moveItem(atPath: held[0], toPath: folder.path + "/Dom/other.jpg")
        #expect(try evaluate(folder, photos).findings.gone.count == 0)
        try Data(learned.utf8).write(to: URL(fileURLWithPath: held[1]))
        let replaced = try evaluate(folder, photos)
        #expect(replaced.findings.gone.count == 1 && replaced.judged.count == held.count - 1)
        #expect(replaced.findings.lines.count == 1)
        try Data("new".utf8).write(to: URL(fileURLWithPath: held[2]))
        try FileManager.default.removeItem(atPath: held[3])
        let last = try evaluate(folder, photos)
        #expect(last.findings.gone.count == 3 && last.judged.count == held.count - 3)
        #expect(last.added.count == 1)
    }

    @Test func anIDInBothTablesIsALeakEvenWithOtherBytes() throws {
        let folder = try TemporaryFolder()
        let rows = (0..<6).map { (photoID($0), $0 % 2) }
        try folder.writeLandmarks("train.csv", root: "train", rows: rows)
        try folder.writeLandmarks("test.csv", root: "test", rows: [rows[3], (photoID(9), 1)])
        let photos = try open(folder)
        #expect(photos.findings.leaks.count == 1)
        #expect(photos.held.count == 1 && photos.held.id(0) == photoID(9))
    }

    @Test func repeatedRowsCountOnceAndMissingPhotosAreLeftOut() throws {
        let folder = try TemporaryFolder()
        try folder.writeLandmarks(
            "train.csv",
            root: "train",
            rows: [(photoID(5), 1), (photoID(2), 2), (photoID(5), 1), (photoID(2), 3)]
        )
        try folder.write(
            "test.csv",
            "id,landmark_id\n\(photoID(7)),1\n\(photoID(8)),2\n\(photoID(7)),1\n"
        )
        try folder.write("test/0/0/7/\(photoID(7)).jpg", "x")
        let photos = try open(folder)
        #expect(photos.training.count == 3)
        #expect(photos.findings.repeated.count == 2)
        #expect(photos.findings.contradictions.count == 1)
        #expect(photos.findings.missing.count == 1)
        #expect(photos.held.count == 1)
    }

    @Test func orderNamesAndGrowthDoNotMoveThePart() throws {
        let folder = try towers()
        let before = try open(folder)
        let held = Set(contents(before.held))
        #expect((4...20).contains(held.count))
        for number in 0..<20 {
            try FileManager.default.moveItem(
                atPath: folder.path + "/Dom/\(number).jpg",
                toPath: folder.path + "/Dom/renamed \(19 - number).jpg"
            )
        }
        for number in 0..<30 { try folder.write("Alm/\(number).jpg", "alm \(number)") }
        let after = try open(folder)
        #expect(Set(contents(after.held).filter { !$0.hasPrefix("alm") }) == held)
    }

    @Test func aRecordIsReadAsItWasWritten() throws {
        let folder = try towers(3)
        try folder.write("Dom/a \"b\", c.jpg", "odd")
        let photos = try open(folder)
        let copy = try PhotoRecord(photos.record.bytes, from: "photos.csv")
        #expect(copy == photos.record)
        for broken in ["", "part,photo\n", "part,photo,label,bytes,modified,hash\nx,y,0,,,\n"] {
            #expect(throws: ImagesError.self) {
                try PhotoRecord(Array(broken.utf8), from: "photos.csv")
            }
        }
    }

    @Test func aRunFindsItsPhotosAgain() throws {
        let folder = try towers()
        let began = try open(folder)
        // A photo is renamed, one changed, two came, and a class came that sorts first.
        let moved = (0..<began.training.count).filter { began.training.id($0).hasPrefix("Dom") }
        try FileManager.default.moveItem(
            atPath: began.training.path(moved[0]),
            toPath: folder.path + "/Dom/zz.jpg"
        )
        try folder.write(began.training.id(moved[1]), "edited")
        try folder.write("Dom/new.jpg", "new")
        try folder.write("Aaa/new.jpg", "another")
        let again = try open(folder, record: began.record, classes: began.classes)
        #expect(again.training.labels == began.training.labels)
        #expect(again.held.labels == began.held.labels)
        #expect(contents(again.held) == contents(began.held))
        #expect(again.training.path(moved[0]).hasSuffix("zz.jpg"))
        #expect(again.findings.changed.count == 1)
        #expect(again.findings.added.count == 2)
        #expect(again.record == began.record)
        try FileManager.default.removeItem(atPath: folder.path + "/Dom/zz.jpg")
        let said = message {
            _ = try open(folder, record: began.record, classes: began.classes)
        }
        #expect(said.hasPrefix("1 of the \(began.training.count) photos that the run learns from"))
    }

    @Test func whatWasLearnedIsNotJudged() throws {
        let folder = try towers()
        let run = try open(folder)
        let own = try evaluate(folder, run)
        #expect(contents(own.judged) == contents(run.held))
        #expect(own.added.count == 0 && own.learned == run.training.count)
        // New photos are apart, wherever they are listed.
        try folder.write("Dom/000.jpg", "new")
        let grown = try evaluate(folder, run)
        #expect(contents(grown.judged) == contents(run.held))
        #expect(contents(grown.added) == ["new"])
        let all = try evaluate(folder, run, all: true)
        #expect(all.photos.count == 41 && all.learned == run.training.count && all.added.count == 0)
        // Another folder, with copies of what was learned.
        let other = try TemporaryFolder()
        try other.write("Dom/x.jpg", contents(run.training)[0])
        try other.write("Dom/y.jpg", "strange")
        try other.write(run.training.id(0), "the name of one that was learned from")
        let asked = try evaluate(other, run)
        #expect(Set(contents(asked.photos)).count == 2 && asked.learned == 1)
        #expect(asked.renewed.count == 1 && asked.added.count == 0)
        let overlap = run.heldOutPhotos(learnedBy: run.record)
        #expect(overlap == 0)
    }

    @Test func equalNamesInTwoFoldersAreTwoPhotos() throws {
        let folder = try TemporaryFolder()
        for part in ["train", "test"] {
            try folder.write("\(part)/Dom/0.jpg", "dom \(part)")
            try folder.write("\(part)/Tor/0.jpg", "tor \(part)")
        }
        let run = try open(folder)
        let all = try evaluate(folder, run, all: true)
        #expect(Set((0..<4).map { all.photos.id($0) }).count == 4)
        let own = try evaluate(folder, run)
        #expect(own.photos.count == 2 && own.learned == 0 && own.renewed.count == 0)
    }

    @Test func mistakesOfTheFolderAreFoundAtTheStart() throws {
        let folder = try TemporaryFolder()
        for name in ["train/Dom/0.jpg", "train/Tor/0.jpg", "test/Alm/0.jpg"] {
            try folder.write(name, name)
        }
        #expect(
            message { try open(folder).requireUsable() }.hasPrefix(
                "none of the 1 held-out photos shows one of the 2 landmarks"
            )
        )
        let unreadable = try towers(2)
        #expect(
            message { try open(unreadable).requireUsable() }.contains(
                "photos to learn from can be read"
            )
        )
    }
}
