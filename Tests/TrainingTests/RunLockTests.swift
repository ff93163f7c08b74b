import Foundation
import Synchronization
import Testing
import Training

/// A run folder has one owner at a time, whatever the file system can do.
struct RunLockTests {
    /// What the file system has to offer.
    enum Locks: CaseIterable {
        case some, none

        func lock(_ descriptor: Int32) -> Int32 {
            self == .some ? RunLock.lock(descriptor) : ENOTSUP
        }
    }

    private let folder: TemporaryFolder
    private let run: RunFolder
    private var pace = RunLock.Pace()

    init() throws {
        folder = try TemporaryFolder()
        run = RunFolder(folder.file("runs/new"))
        pace.look = 0.02
        pace.beat = 0.05
        pace.gone = 0.4
        pace.settling = 0.2
    }

    private func take(_ locks: Locks, takingOver: Bool = false) throws -> RunLock {
        try RunLock(run, takingOver: takingOver, pace: pace, lock: locks.lock)
    }

    private func isRefused(_ locks: Locks, takingOver: Bool = false, word: String) {
        #expect {
            _ = try take(locks, takingOver: takingOver)
        } throws: {
            ($0 as? TrainingError)?.exitCode == 73 && "\($0)".contains(word)
        }
    }

    /// Leaves the lock file of a process that is gone, with some of its fields changed.
    private func leave(_ changes: [String: Any]) throws {
        let lock = try take(.some)
        let data = try Data(contentsOf: URL(fileURLWithPath: run.lock))
        lock.release()
        try FileManager.default.createDirectory(
            atPath: run.path,
            withIntermediateDirectories: true
        )
        let line = try #require(String(decoding: data, as: UTF8.self).split(separator: "\n").first)
        var owner = try #require(
            JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        )
        #expect(FileManager.default.createFile(atPath: run.lock, contents: Data()))
        owner["file"] = try FileManager.default.attributesOfItem(atPath: run.lock)[
            .systemFileNumber
        ]
        for (name, value) in changes { owner[name] = value }
        let handle = try #require(FileHandle(forWritingAtPath: run.lock))
        try handle.write(contentsOf: try JSONSerialization.data(withJSONObject: owner) + [0x0A])
        try handle.close()
    }

    @Test(arguments: Locks.allCases)
    func ownerIsToldAndNothingStays(_ locks: Locks) throws {
        #expect(try RunLock.standing(run) == nil)
        let lock = try take(locks)
        let standing = try #require(try RunLock.standing(run))
        #expect(standing.isAlive && standing.owner.isHere && standing.owner.process == getpid())
        try lock.verify()
        lock.release()
        #expect(try RunLock.standing(run) == nil)
        #expect(try folder.names() == [])
        try take(locks).release()
    }

    @Test(arguments: Locks.allCases)
    func secondOwnerIsRefused(_ locks: Locks) throws {
        let lock = try take(locks)
        isRefused(locks, word: "process \(getpid()) of ")
        isRefused(locks, takingOver: true, word: "landmark-train stop \(run.path)")
        lock.release()
        try take(locks).release()
    }

    @Test(arguments: Locks.allCases, [false, true])
    func oneOfManyWins(_ locks: Locks, _ isLeft: Bool) throws {
        if isLeft { try leave(["process": 4_194_400]) }
        let won = Mutex<[RunLock]>([])
        let refused = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 6) { _ in
            do {
                let lock = try take(locks)
                won.withLock { $0.append(lock) }
            } catch {
                refused.add(1, ordering: .relaxed)
            }
        }
        let winners = won.withLock { $0 }
        #expect(winners.count == 1 && refused.load(ordering: .relaxed) == 5)
        for winner in winners { try winner.verify() }
    }

    @Test(arguments: Locks.allCases)
    func whatADeadProcessLeftIsTaken(_ locks: Locks) throws {
        // A process that never was, and this one's number in an earlier life.
        for changes in [["process": 4_194_400], ["started": 1]] {
            try leave(changes)
            #expect(try RunLock.standing(run)?.isAlive == false)
            let lock = try take(locks)
            #expect(try RunLock.standing(run)?.owner.process == getpid())
            lock.release()
        }
    }

    @Test(arguments: Locks.allCases)
    func ownerOnAnotherMachineIsWaitedFor(_ locks: Locks) throws {
        try leave(["boot": "elsewhere", "host": "node7"])
        let begin = ContinuousClock.now
        try take(locks).release()
        #expect(ContinuousClock.now - begin > .seconds(0.3))

        try leave(["boot": "elsewhere", "host": "node7"])
        let isOver = Atomic(false)
        let path = run.lock
        let alive = Thread {
            while !isOver.load(ordering: .relaxed) {
                utimes(path, nil)
                usleep(20_000)
            }
        }
        alive.start()
        isRefused(locks, word: "on node7, which took it at")
        isRefused(locks, word: "--take-over")
        #expect(try RunLock.standing(run)?.isAlive == true)
        let lock = try take(locks, takingOver: true)
        isOver.store(true, ordering: .relaxed)
        try lock.verify()
        lock.release()
    }

    @Test func copyOfARunIsNobodys() throws {
        let lock = try take(.some)
        let copy = RunFolder(folder.file("copy"))
        try FileManager.default.copyItem(atPath: run.path, toPath: copy.path)
        #expect(try RunLock.standing(copy) == nil)
        try RunLock(copy, pace: pace, lock: { _ in ENOTSUP }).release()
        lock.release()
    }

    @Test(arguments: ["", "\n", "{\"host\": 3", "\0\0\0\0"])
    func damagedFileIsTaken(_ text: String) throws {
        try FileManager.default.createDirectory(atPath: run.path, withIntermediateDirectories: true)
        try text.write(toFile: run.lock, atomically: false, encoding: .utf8)
        #expect(try RunLock.standing(run) == nil)
        let lock = try take(.some)
        #expect(try RunLock.standing(run)?.owner.process == getpid())
        lock.release()
    }

    @Test func ownerHearsThatItsRunShallEnd() throws {
        let times = Mutex(0)
        let lock = try RunLock(run, pace: pace, asked: { times.withLock { $0 += 1 } })
        try RunLock.askToStop(run)
        for _ in 0..<500 where times.withLock({ $0 }) == 0 { usleep(10_000) }
        usleep(100_000)
        #expect(times.withLock { $0 } == 1)
        try lock.verify()
        lock.release()
        #expect(throws: (any Error).self) { try RunLock.askToStop(run) }
    }

    @Test func whoLostTheFolderNoticesAndLeavesItAlone() throws {
        let lock = try take(.some)
        try FileManager.default.removeItem(atPath: run.lock)
        let thief = try take(.some)
        #expect {
            try lock.verify()
        } throws: {
            ($0 as? TrainingError)?.exitCode == 73 && "\($0)".contains("taken over by process")
        }
        #expect(throws: TrainingError.self) { try lock.check() }
        lock.release()
        try thief.verify()
        #expect(try RunLock.standing(run) != nil)
    }

    @Test func signsOfLifeAreGiven() throws {
        let lock = try take(.some)
        let old = [timeval(tv_sec: 1000, tv_usec: 0), timeval(tv_sec: 1000, tv_usec: 0)]
        #expect(utimes(run.lock, old) == 0)
        var status = stat()
        for _ in 0..<500 where stat(run.lock, &status) == 0 && status.st_mtim.tv_sec == 1000 {
            usleep(10_000)
        }
        #expect(status.st_mtim.tv_sec > 1000)
        lock.release()
    }
}
