import Distributed
import Files
import Foundation
import Images
import Training

/// Photos named on the command line, of which nothing is known; the same on all ranks.
struct NamedPhotos: PhotoSource {
    /// The argument that stands for a photo on standard input.
    static let standardInput = "-"

    let paths: [String]
    /// What lies in folders and is not asked about.
    let remarks: PhotoRemarks
    /// What came on standard input, where that was asked for.
    private let input: [UInt8]

    /// What rank 0 finds, which looks for all ranks.
    private struct Found: Codable {
        var paths: [String] = []
        var remarks = PhotoRemarks()
    }

    /// Takes paths of photos, of folders for all photos below them, and `-` for a photo on standard
    /// input, which rank 0 reads for all.
    ///
    /// - Throws: on all ranks, where a folder or standard input cannot be read.
    init(_ arguments: [String], _ world: World) throws {
        let found = try world.fromRoot(Found.self) {
            try arguments.reduce(into: Found()) { found, path in
                guard path != NamedPhotos.standardInput, isFolder(path) else {
                    found.paths.append(path)
                    return
                }
                let below = try listPhotos(below: path)
                found.paths += below.paths
                found.remarks = found.remarks + below.remarks
            }
        }
        paths = found.paths
        remarks = found.remarks
        guard arguments.contains(NamedPhotos.standardInput) else {
            input = []
            return
        }
        let bytes = try world.fromRoot {
            guard !StandardInput.isTerminal else {
                throw TrainingError.usage(
                    "- stands for a photo on standard input, which is a terminal; add <photo.jpg"
                )
            }
            return Data(try StandardInput.read(atMost: PhotoBytes.limit))
        }
        input = Array(bytes)
    }

    func path(_ index: Int) -> String {
        paths[index] == NamedPhotos.standardInput ? StandardInput.name : paths[index]
    }

    func photo(_ index: Int) -> PhotoBytes {
        paths[index] == NamedPhotos.standardInput
            ? PhotoBytes(name: StandardInput.name, bytes: input) : PhotoBytes(path: paths[index])
    }

    func label(_ index: Int) -> Int32 { -1 }
}

/// Photos below a folder without class folders and tables, of which nothing is known; the same on all ranks.
struct PlainPhotos: Dataset {
    private let folder: String
    private let paths: [String]
    let classes = ClassIndex(folders: [])
    let labels: [Int32]
    let countsPerClass: [Int] = []

    /// The photos of `folder` where it holds neither class folders nor tables; nil where it does.
    ///
    /// - Throws: on all ranks, why a folder that is neither cannot be used.
    init?(_ folder: String, _ world: World) throws {
        let found = try world.fromRoot { () -> [String]? in
            do {
                _ = try ListedFolder(folder)
                return nil
            } catch {
                let names = (try? FolderListing.names(in: folder)) ?? []
                guard !names.contains(where: { $0.hasSuffix(".csv") }),
                    let below = try? listPhotos(below: folder), !below.paths.isEmpty
                else { throw error }
                below.remarks.lines.forEach(Ending.say)
                Ending.say(
                    "\(folder) has neither class folders nor tables: its photos have no labels"
                )
                return below.paths
            }
        }
        guard let found else { return nil }
        self.folder = folder
        paths = found
        labels = [Int32](repeating: -1, count: found.count)
    }

    var count: Int { paths.count }
    func path(_ index: Int) -> String { paths[index] }
    func label(_ index: Int) -> Int32 { -1 }
    func id(_ index: Int) -> String {
        let path = paths[index]
        let start = folder.hasSuffix("/") ? folder : folder + "/"
        return path.hasPrefix(start) ? String(path.dropFirst(start.count)) : path
    }
}

/// Some photos of a source, one after the other.
struct PhotoRange: PhotoSource {
    let source: any PhotoSource
    let range: Range<Int>

    func path(_ index: Int) -> String { source.path(range.lowerBound + index) }

    func photo(_ index: Int) -> PhotoBytes { source.photo(range.lowerBound + index) }

    func label(_ index: Int) -> Int32 { source.label(range.lowerBound + index) }
}
