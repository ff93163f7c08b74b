import Foundation

/// What the node calls itself and its processors.
enum NodeNames {
    /// The node's name, without asking a name server.
    static func node() -> String {
        var names = utsname()
        guard uname(&names) == 0 else { return "localhost" }
        return text(names.nodename)
    }

    /// What tells apart machines of one name, and stays equal while a machine is up; nil where the system
    /// does not tell.
    static func boot() -> String? {
        try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    }

    /// The model of the processors, or the machine's architecture where Linux names none.
    static func processor() -> String {
        let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        for line in information.split(separator: "\n") where line.hasPrefix("model name") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        var names = utsname()
        guard uname(&names) == 0 else { return "unknown" }
        return text(names.machine)
    }

    private static func text(_ characters: some Any) -> String {
        withUnsafeBytes(of: characters) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
