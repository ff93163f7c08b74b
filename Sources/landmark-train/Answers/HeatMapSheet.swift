import Files
import Foundation
import Images
import Networks
import Reporting
import Training

/// Photos beside themselves under colours that show where the network looked, as one picture.
struct HeatMapSheet {
    /// Photos beyond which a picture is no help.
    static let mostPhotos = 60

    private let sheet: PhotoSheet
    private let photos: Int

    /// Draws the maps of what was said about some photos, one for each.
    init(
        _ outcomes: [PhotoOutcome],
        _ maps: [HeatMap?],
        of photos: any PhotoSource,
        _ facts: LoadedNetwork.Facts
    ) {
        // A few photos have the room to be large.
        let side = outcomes.count > 6 ? PhotoSheet.usualSide : 2 * PhotoSheet.usualSide
        let reader = try? PhotoReader()
        let entries = zip(outcomes, maps)
            .flatMap { outcome, map -> [PhotoSheet.Entry] in
                let photo = photos.photo(outcome.photo)
                let bitmap = map.flatMap { _ in try? reader?.bitmap(photo, covering: (side, side)) }
                var lines: [PhotoSheet.Line] = []
                if let best = outcome.best.first {
                    lines.append(.init(facts.classes.names[Int(best.label)], .strong))
                    lines.append(.init(Figures.percent(Double(best.confidence))))
                }
                if let map, !map.isSeen {
                    lines.append(.init("no place in the photo speaks for it", .wrong))
                }
                let name = Path.name(of: photos.path(outcome.photo)).readable
                return [
                    .init(photo: bitmap, lines: [.init(name, .faint)]),
                    .init(photo: bitmap.map { map?.drawn(on: $0) ?? $0 }, lines: lines),
                ]
            }
        sheet = PhotoSheet(
            title: "Where \(facts.description.architecture.rawValue) looked",
            sections: [.init("", entries)],
            columns: outcomes.count > 6 ? 6 : 2,
            side: side
        )
        self.photos = outcomes.count
    }

    /// Writes the picture to `path` as a JPEG and says what is not in it.
    ///
    /// - Parameter answered: photos that something was said about.
    func write(to path: String, answered: Int) throws {
        guard photos > 0 else {
            Ending.say("no photo could be read, so that \(path.shown) is not written")
            return
        }
        if answered > photos {
            Ending.say("\(path.shown) shows the first \(photos) of \(answered) photos")
        }
        try OutputFile.write(Data(try sheet.jpeg()), to: path)
    }
}
