import Foundation

/// Where the ranks run, and how many threads this one may use.
public struct Topology: Sendable {
    /// Threads of this rank: its share of the node's allowed processors, at least 1.
    public let threads: Int
    /// Processors that are this rank's alone, whole cores side by side; empty where ranks share some.
    public let processors: [Int]
    /// Ranks on this rank's node.
    public let ranksOnNode: Int
    /// Name of this rank's node.
    public let node: String
    /// Names of all nodes, in the order of their first rank.
    public let nodes: [String]
    /// Model of this node's processors.
    public let cpuModel: String
    /// Models of all nodes' processors, each once.
    public let cpuModels: [String]
    /// Processors that this rank may run on.
    public let allowedProcessors: Int
    /// Processors of this node.
    public let onlineProcessors: Int
    /// Processors that the ranks of this node may run on together, at most as many as its quota is worth.
    public let sharedProcessors: Int
    /// Processors' worth of time that this node's container allows; nil = all.
    public let quota: Double?

    /// What each rank tells the others.
    private struct Place: Codable, Sendable {
        var name: String
        var model: String
        var mask: [Int]
        var quota: Double?
    }

    /// Asks all ranks where they are.
    public init(_ communicator: any Communicator) throws {
        let own = Topology.place()
        let places = try communicator.gather(own)
        let machines = communicator.machines
        nodes = machines.indices.filter { machines[$0] == $0 }.map { places[$0].name }
        var models: Set<String> = []
        cpuModels = places.map(\.model).filter { models.insert($0).inserted }
        let mates = machines.indices.filter { machines[$0] == machines[communicator.rank] }
        node = own.name
        cpuModel = own.model
        ranksOnNode = mates.count
        allowedProcessors = own.mask.count
        onlineProcessors = ProcessorMask.online
        quota = own.quota
        let masks = mates.map { places[$0].mask }
        let reached = Set(masks.joined()).count
        sharedProcessors = max(1, min(reached, own.quota.map { Int($0.rounded(.up)) } ?? reached))
        threads = Topology.threads(mask: own.mask, neighbours: masks, quota: own.quota)
        processors = Topology.processors(
            mask: ProcessorMask.byCore(own.mask),
            position: mates.count { $0 < communicator.rank && places[$0].mask == own.mask },
            neighbours: masks,
            quota: own.quota
        )
    }

    /// A rank's share of its node.
    ///
    /// - Parameters:
    ///   - mask: processors that the rank may run on.
    ///   - neighbours: the same for all ranks on the node, this one included. Where mpirun binds
    ///     ranks, masks are apart; without binding they are equal; a processor in several masks is
    ///     shared evenly.
    ///   - quota: processors' worth of time that the ranks of the node have together.
    /// - Returns: whole threads, at least 1.
    public static func threads(mask: [Int], neighbours: [[Int]], quota: Double?) -> Int {
        var users: [Int: Int] = [:]
        for processor in neighbours.joined() { users[processor, default: 0] += 1 }
        var part = mask.reduce(0.0) { $0 + 1 / Double(users[$1] ?? 1) }
        if let quota { part = min(part, quota / Double(max(neighbours.count, 1))) }
        // Three thirds of a processor are one, whatever the rounding.
        return max(Int(part + 1e-6), 1)
    }

    /// The processors of its mask that a rank has to itself.
    ///
    /// - Parameters:
    ///   - mask: processors that the rank may run on, those of a core side by side.
    ///   - position: how many ranks of the same mask come before this one.
    ///   - neighbours: the masks of all ranks on the node, this one included.
    ///   - quota: processors' worth of time of the ranks together; where there is one, the scheduler has
    ///     to move threads about.
    /// - Returns: an equal share of the mask among the ranks that have the same, without what is left over;
    ///   empty where masks overlap otherwise, or there are more ranks than processors.
    public static func processors(
        mask: [Int],
        position: Int,
        neighbours: [[Int]],
        quota: Double?
    ) -> [Int] {
        let own = Set(mask)
        let sharers = neighbours.filter { !own.isDisjoint(with: $0) }
        guard quota == nil, sharers.allSatisfy({ own == Set($0) }) else { return [] }
        let count = mask.count / max(sharers.count, 1)
        return Array(mask.dropFirst(position * count).prefix(count))
    }

    /// What to tell the user when processors lie idle because the launcher bound the ranks; nil
    /// when all are used.
    public var advice: String? {
        let used = threads * ranksOnNode
        guard used < onlineProcessors, quota == nil,
            allowedProcessors < onlineProcessors
        else { return nil }
        return "\(node): \(ranksOnNode) \(ranksOnNode == 1 ? "rank" : "ranks") bound to "
            + "\(used) of \(onlineProcessors) processors; give mpirun --bind-to none to use all"
    }

    /// What to tell the user when ranks have to take turns; nil where each has a processor.
    public var crowding: String? {
        guard ranksOnNode > sharedProcessors else { return nil }
        let processors = "\(sharedProcessors) \(sharedProcessors == 1 ? "processor" : "processors")"
        return
            "\(node): \(ranksOnNode) ranks take turns on \(processors), which is slower than fewer "
            + "ranks; start at most \(sharedProcessors) on this node and give --slices \(ranksOnNode) for "
            + "the same result"
    }

    private static func place() -> Place {
        return Place(
            name: NodeNames.node(),
            model: NodeNames.processor(),
            mask: ProcessorMask.allowed(),
            quota: ProcessorQuota.read()
        )
    }
}
