import Synchronization
import Tensors

/// A photo that cannot be used, or not as it should be.
public struct PhotoProblem: Codable, Sendable, Equatable {
    /// Its file.
    public let path: String
    /// What is wrong.
    public let reason: String

    /// Names a photo and what is wrong with it.
    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }
}

/// Decodes every photo of a dataset in full.
///
/// - Parameters:
///   - photos: the photos.
///   - threads: threads that decode.
///   - progress: called now and then, on any thread, with the number of photos seen so far.
/// - Returns: what is wrong, in the order of the photos.
public func checkPhotos(
    _ photos: any Dataset,
    threads: Int,
    progress: @Sendable (Int) -> Void = { _ in }
) throws -> [PhotoProblem] {
    let pool = ThreadPool(threads: max(threads, 1))
    defer { pool.close() }
    let done = Atomic<Int>(0)
    let found = Mutex<[Int: String]>([:])
    let failure = Mutex<PhotoError?>(nil)
    pool.parallelRanges(photos.count, grain: 64) { range, _ in
        do throws(PhotoError) {
            let reader = try PhotoReader()
            for photo in range {
                let path = photos.path(photo)
                do throws(PhotoError) {
                    _ = try reader.check(path)
                } catch {
                    found.withLock { $0[photo] = error.reason }
                }
            }
        } catch {
            failure.withLock { $0 = error }
        }
        progress(done.add(range.count, ordering: .relaxed).newValue)
    }
    if let error = failure.withLock({ $0 }) { throw error }
    return found.withLock { $0 }.sorted { $0.key < $1.key }.map {
        PhotoProblem(path: photos.path($0.key), reason: $0.value)
    }
}

/// What several photos have in common that cannot be used: a line for each reason, with the number of
/// photos, the most frequent first.
public func commonReasons(_ problems: [PhotoProblem]) -> [String] {
    var counts: [String: Int] = [:]
    for problem in problems { counts[problem.reason, default: 0] += 1 }
    return counts.filter { $0.value > 1 }
        .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .map { "\($0.value) photos: \($0.key)" }
}

/// A sheet of some photos of a dataset, chosen at random.
///
/// - Parameters:
///   - photos: the photos.
///   - count: how many to show.
///   - seed: seed of the choice.
public func samplePhotos(
    _ photos: any Dataset,
    count: Int = 4,
    seed: UInt64,
    title: String
) -> PhotoSheet {
    var random = Random(seed: seed, .display)
    var chosen: [Int] = []
    while chosen.count < min(count, photos.count) {
        let photo = random.integer(below: photos.count)
        if !chosen.contains(photo) { chosen.append(photo) }
    }
    let entries = chosen.map { photo in
        let label = Int(photos.label(photo))
        let classes = photos.classes
        let lines =
            label < 0
            ? [PhotoSheet.Line("unknown landmark", .strong)]
            : [
                PhotoSheet.Line(classes.names[label], .strong),
                PhotoSheet.Line("landmark \(classes.landmarkID(label))", .faint),
                PhotoSheet.Line(number(photos.countsPerClass[label]), .faint),
            ]
        return PhotoSheet.Entry(
            path: photos.path(photo),
            lines: lines + [PhotoSheet.Line(photos.id(photo), .faint)]
        )
    }
    return PhotoSheet(title: title, sections: [.init("", entries)], columns: max(count, 1))
}

/// How many photos there are, in words.
private func number(_ photos: Int) -> String { photos == 1 ? "1 photo" : "\(photos) photos" }
