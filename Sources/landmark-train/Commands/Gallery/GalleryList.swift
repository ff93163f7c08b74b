import ArgumentParser
import Files
import Foundation
import Images
import Reporting
import Training

/// `landmark-train gallery list`.
struct GalleryList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the landmarks of a gallery, its network and its threshold."
    )

    @Argument(help: ArgumentHelp("The gallery.", valueName: "gallery"))
    var gallery: String

    @Flag(help: "List the photos of each landmark too.")
    var photos = false

    @Flag(
        help:
            "Print one JSON object: {network, weights, landmarks: [{name, photos, …}], calibration}."
    )
    var json = false

    func run() {
        World.launch(threads: 1, alike: false) { world in
            try world.together {
                guard world.isRoot else { return }
                let listing = try Listing(GalleryFile(gallery), names: photos)
                if json {
                    let page = String(decoding: try listing.jsonPage(), as: UTF8.self)
                    try StandardOutput.write(page + "\n")
                } else {
                    try StandardOutput.print(lines(listing))
                }
            }
            return 0
        }
    }

    /// What is printed.
    private struct Listing: Encodable {
        var network: EmbeddingNetwork
        var weights: String
        var flags: [String]
        var photos: Int
        var landmarks: [Landmark]
        var calibration: Calibration?

        struct Landmark: Encodable {
            var name: String
            var landmarkID: LandmarkID
            var photos: Int
            /// Their paths; nil where they were not asked for.
            var paths: [String]?

            enum CodingKeys: String, CodingKey {
                case name, photos, paths
                case landmarkID = "landmark_id"
            }
        }

        init(_ file: GalleryFile, names: Bool) throws {
            network = file.source.network
            weights = file.source.weights.readable
            flags = file.source.flags
            calibration = file.calibration
            photos = file.count
            let paths = names ? try file.paths() : []
            var own = file.landmarks.map { _ in [Int]() }
            for (photo, label) in file.labels.enumerated() { own[Int(label)].append(photo) }
            landmarks = zip(file.landmarks, own).map { landmark, own in
                Landmark(
                    name: landmark.name.readable,
                    landmarkID: landmark.landmarkID,
                    photos: own.count,
                    paths: names ? own.map { paths[$0].readable } : nil
                )
            }
        }
    }

    private func lines(_ listing: Listing) -> [String] {
        let isThere = exists(listing.weights)
        var lines = [
            "\(gallery.readable): \(Figures.count(listing.photos, "photo")) of "
                + Figures.count(listing.landmarks.count, "landmark"),
            "network    \(listing.network.text), \(listing.network.width) numbers for each photo",
            "weights    \(listing.weights)"
                + (isThere ? "" : ", which is not there: give --weights"),
            "threshold  "
                + (listing.calibration.map { CalibrationText($0).short }
                    ?? "none: every photo gets a name; landmark-train calibrate finds one"),
        ]
        let most = listing.landmarks.map { Figures.grouped($0.photos).count }.max() ?? 0
        for landmark in listing.landmarks {
            let count = Figures.grouped(landmark.photos)
            let space = String(repeating: " ", count: most - count.count)
            var line = "  \(space)\(count)  \(landmark.name.shown)"
            if case .number(let id) = landmark.landmarkID { line += " (\(id))" }
            lines.append(line)
            lines += (landmark.paths ?? []).map {
                "  \(String(repeating: " ", count: most))    \($0)"
            }
        }
        return lines
    }
}
