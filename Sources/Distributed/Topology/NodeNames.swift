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

/// What two processes have in common that may open one another's files by their numbers.
enum NodeIdentity {
    /// The environment variable that says how ranks of a node exchange.
    static let variable = "LANDMARK_EXCHANGE"

    /// A whole number below 2⁵³ for the running kernel and the space of process numbers; 0 where
    /// memory is not to be shared or the system does not tell.
    static func own() throws -> Double {
        switch ProcessInfo.processInfo.environment[variable] {
        case nil, "", "memory": break
        case "messages": return 0
        case let other?:
            throw DistributedError.start("\(variable) is '\(other)'; give memory or messages")
        }
        let files = FileManager.default
        guard let boot = NodeNames.boot(),
            let numbers = try? files.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
        else { return 0 }
        // Should two keys ever meet, no file is found under the other's numbers, and the ranks send messages.
        return number(boot + numbers)
    }

    /// The same for the machine, by its name and running kernel.
    static func machine() -> Double { number(NodeNames.node() + (NodeNames.boot() ?? "")) }

    /// FNV-1a (Fowler, Noll and Vo), to as many bits as a Double counts, and never 0.
    private static func number(_ text: String) -> Double {
        let hash = text.utf8.reduce(0xCBF2_9CE4_8422_2325) {
            ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3
        }
        return Double(hash >> 12 | 1)
    }
}
