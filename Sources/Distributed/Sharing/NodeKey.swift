import Foundation

/// What two processes have in common that may open one another's files by their numbers.
enum NodeKey {
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
