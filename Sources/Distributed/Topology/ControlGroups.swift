import Foundation

/// The control groups that this process is in, which containers and batch systems limit it by.
struct ControlGroups {
    /// Folders of the groups and of those above them, whether they are there or not.
    let folders: [String]

    /// Finds the groups that may limit what a controller counts.
    ///
    /// - Parameters:
    ///   - controller: its name in the first version of control groups, such as `cpu`.
    ///   - membership: the kernel's list of groups; nil is returned where there is none.
    ///   - root: where the group file system is mounted.
    init?(_ controller: String, membership: String, root: String) {
        guard let text = try? String(contentsOfFile: membership, encoding: .utf8) else {
            return nil
        }
        var found: [String] = []
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let mounts: [String]
            if parts[0] == "0" {
                mounts = [root, root + "/unified"]
            } else if parts[1].split(separator: ",").contains(Substring(controller)) {
                mounts = [root + "/" + controller, root + "/" + parts[1]]
            } else {
                continue
            }
            // A container sees its own group as the root.
            let names = parts[2].split(separator: "/").map(String.init)
            for mount in mounts {
                found += (0...names.count).map {
                    ([mount] + names.prefix($0)).joined(separator: "/")
                }
            }
        }
        folders = found
    }

    /// The words of a group's file as numbers, nil for `max` and other words; nil where there is no file.
    static func numbers(_ path: String) -> [Double?]? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        return text.split(whereSeparator: \.isWhitespace).map { Double($0) }
    }

    /// The number behind a word at the start of a line, as in `memory.stat` and `/proc/meminfo`.
    static func number(_ name: String, in path: String) -> Double? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first {
            $0.split(whereSeparator: \.isWhitespace).first == Substring(name)
        }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }
    }
}
