import Foundation
import Reporting
import Testing
import Training

@Suite struct TraceFileTests {
    private struct Span: Decodable {
        var name: String
        var ph: String
        var ts: Double
        var dur: Double
        var pid: Int
    }

    @Test func aStepIsWaitingComputingAndExchange() throws {
        let folder = try Samples.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("trace.json")
        var time = 100.0
        let trace = TraceFile(path.path, now: { time }, complain: { _ in })
        time = 102
        trace.record(.step(Samples.step(1)))
        // A reader closes the array that a run leaves open.
        let spans = try JSONDecoder().decode(
            [Span].self,
            from: try Data(contentsOf: path) + Data("]".utf8)
        )
        #expect(spans.map(\.name) == ["step 1", "wait for photos", "compute", "exchange"])
        #expect(spans.allSatisfy { $0.ph == "X" && $0.pid == 0 })
        #expect(spans[0].ts == 1_500_000 && spans[0].dur == 500_000)
        #expect(spans[1].ts == 1_500_000 && spans[1].dur == 100_000)
        #expect(spans[2].ts == 1_600_000 && spans[2].dur == 350_000)
        #expect(spans[3].ts == 1_950_000 && spans[3].dur == 50_000)
    }
}
