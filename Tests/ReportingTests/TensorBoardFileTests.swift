import Foundation
import Reporting
import Testing
import Training

@Suite struct TensorBoardFileTests {
    @Test func recordsFollowOneAnotherWithoutGap() throws {
        let folder = try Samples.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = TensorBoardFile(folder: folder.path, now: { 1_700_000_000 }, complain: { _ in })
        file.record(.step(Samples.step(7)))
        file.record(.evaluation(try Samples.evaluation(step: 7, top1: 0.5)))
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let name = try #require(names.first)
        #expect(name.hasPrefix("events.out.tfevents.1700000000."))
        let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
        var payloads: [[UInt8]] = []
        var at = 0
        while at < bytes.count {
            let length = bytes[at..<at + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
            let payload = Array(bytes[at + 12..<at + 12 + length])
            #expect(EventRecords().framed(payload) == Array(bytes[at..<at + 16 + length]))
            payloads.append(payload)
            at += 16 + length
        }
        // Version, start of the session, step, evaluation.
        #expect(payloads.count == 4)
        let step = String(decoding: payloads[2], as: UTF8.self)
        #expect(step.contains("train/loss") && step.contains("speed/images_per_second"))
        #expect(String(decoding: payloads[3], as: UTF8.self).contains("held_out/top1"))
    }

    @Test func aFolderThatIsMissingIsToldOnceAndDoesNotEndTheRun() {
        var complaints: [String] = []
        let file = TensorBoardFile(folder: "/nowhere/at/all", now: { 1 }) { complaints.append($0) }
        for step in 1...3 { file.record(.step(Samples.step(step))) }
        #expect(complaints.count == 1)
        #expect(complaints.first?.contains("/nowhere/at/all") == true)
    }
}
