import Foundation
import Images
import Tensors
import Testing

@Suite struct DecodeBenchmarkTests {
    @Test func photosAreReadOnAllThreads() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var paths: [String] = []
        for (number, width) in [64, 96].enumerated() {
            let path = folder.appendingPathComponent("\(number).jpg").path
            let bytes = try encodeJPEG(Bitmap(width: width, height: 48), quality: 90)
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            paths.append(path)
        }
        let pool = ThreadPool(threads: 2)
        let found = try DecodeBenchmark(paths, imageSize: 32, repetitions: 2, pool: pool)
        #expect(found.photos == 2 && found.width == 80 && found.height == 48 && found.bytes > 0)
        let (all, one) = (found.imagesPerSecond, found.imagesPerSecondAndThread)
        #expect(abs(all.median / one.median - 2) < 1e-9)

        #expect(throws: PhotoError.self) {
            try DecodeBenchmark(paths + ["missing.jpg"], imageSize: 32, repetitions: 1, pool: pool)
        }
        #expect(throws: PhotoError.self) {
            try DecodeBenchmark([], imageSize: 32, repetitions: 1, pool: pool)
        }
    }
}
