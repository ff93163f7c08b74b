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
}
