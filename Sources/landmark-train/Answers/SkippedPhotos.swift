import Images
import Reporting

/// Photos that could not be read, as they are told after an evaluation.
enum SkippedPhotos {
    /// Photos that are named.
    private static let named = 10

    /// Names some on standard error, and counts the others.
    ///
    /// - Parameter rest: where all of them are listed.
    static func tell(_ photos: [SkippedPhoto], rest: String) {
        for photo in photos.prefix(named) {
            Ending.say("cannot read \(photo.path): \(photo.reason)")
        }
        guard photos.count > named else { return }
        Ending.say(
            "and \(Figures.grouped(photos.count - named)) more cannot be read; \(rest)"
        )
    }
}
