import Foundation
import Synchronization
import Tensors
import Testing

@Suite struct ThreadPoolTests {
    @Test(arguments: [1, 2, 4])
    func everyTaskRunsOnce(threads: Int) {
        let pool = ThreadPool(threads: threads)
        let seen = Storage(count: 1000)
        for _ in 0..<200 {
            pool.parallelFor(1000) { task, worker in
                #expect(worker < threads)
                seen.base[task] += 1
            }
        }
        #expect(seen.buffer.allSatisfy { $0 == 200 })
    }

    #if os(Linux)
        @Test func workersStayOnTheirProcessors() throws {
            let before = try Self.allowed()
            let one = Int(before.prefix { $0.isNumber }) ?? 0
            let pool = ThreadPool(threads: 3, processors: [one, one, one])
            let places = Mutex([String](repeating: "", count: 3))
            let arrived = Atomic<Int>(0)
            pool.parallelFor(3) { _, worker in
                let place = (try? Self.allowed()) ?? "not known"
                places.withLock { $0[worker] = place }
                // Nobody takes a second task before all have one.
                arrived.wrappingAdd(1, ordering: .relaxed)
                while arrived.load(ordering: .relaxed) < 3 { usleep(100) }
            }
            let found = places.withLock { $0 }
            #expect(found[1...].allSatisfy { $0 == "\(one)" })
            #expect(found[0] == before)
            #expect(try Self.allowed() == before)
        }

        /// The processors that the calling thread may run on, as the kernel lists them.
        private static func allowed() throws -> String {
            let status = try String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
            return line?.split(separator: "\t").last.map(String.init) ?? ""
        }
    #endif

    @Test(arguments: [1, 2, 3])
    func loopsAreLeftOnRequest(_ threads: Int) {
        let pool = ThreadPool(threads: threads)
        let interruption = Interruption()
        let done = Atomic<Int>(0)
        let whole = pool.leaving(on: interruption) {
            pool.parallelFor(100) { _, _ in done.wrappingAdd(1, ordering: .relaxed) }
            return 7
        }
        #expect(whole == 7 && done.load(ordering: .relaxed) == 100)
        let left = pool.leaving(on: interruption) {
            pool.parallelFor(1000) { task, _ in
                if task == 10 { interruption.request(15) }
                done.wrappingAdd(1, ordering: .relaxed)
            }
            pool.parallelFor(1000) { _, _ in done.wrappingAdd(1000, ordering: .relaxed) }
            return 7
        }
        #expect(left == nil && interruption.reason == 15)
        #expect(done.load(ordering: .relaxed) <= 1100, "the second loop is left out")
        if threads == 1 { #expect(done.load(ordering: .relaxed) == 111) }
        // Other loops are whole, whatever was requested.
        done.store(0, ordering: .relaxed)
        pool.parallelFor(100) { _, _ in done.wrappingAdd(1, ordering: .relaxed) }
        #expect(done.load(ordering: .relaxed) == 100)
        interruption.requestFirst(18)
        #expect(interruption.reason == 15)
        interruption.withdraw(18)
        #expect(interruption.isRequested)
        interruption.withdraw(15)
        #expect(!interruption.isRequested)
    }
}
