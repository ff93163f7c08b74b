/// Buckets of landmarks by the number of photos that they were learned from.
enum ClassSizes {
    /// Largest size of each bucket; one more bucket takes what is larger.
    private static let bounds = [5, 10, 20, 50, 100, 200, 500, 1000]

    /// The bucket of a class of `count` photos.
    static func bucket(_ count: Int) -> Int {
        bounds.firstIndex { count <= $0 } ?? bounds.count
    }

    /// Sums up photos by the size of their class; buckets without photos are left out.
    ///
    /// - Parameters:
    ///   - images: evaluated photos of each class.
    ///   - correct: photos of those that were named rightly.
    ///   - trainingCounts: photos of each class that were learned from.
    static func results(
        images: [Int],
        correct: [Int],
        trainingCounts: [Int]
    ) -> [ClassSizeResult] {
        (0...bounds.count).compactMap { bucket in
            let classes = images.indices.filter {
                images[$0] > 0 && ClassSizes.bucket(trainingCounts[$0]) == bucket
            }
            guard !classes.isEmpty else { return nil }
            let sum = classes.reduce(0) { $0 + images[$1] }
            let right = classes.reduce(0) { $0 + correct[$1] }
            let largest = classes.map { trainingCounts[$0] }.max() ?? 0
            return ClassSizeResult(
                min: bucket == 0 ? 1 : bounds[bucket - 1] + 1,
                max: bucket < bounds.count ? bounds[bucket] : largest,
                classes: classes.count,
                images: sum,
                top1: Double(right) / Double(sum)
            )
        }
    }
}
