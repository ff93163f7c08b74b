import Foundation
public import Tensors

extension MPICommunicator {
    /// A nameless shared file where the node has other ranks.
    public func makeStorage(count: Int) -> Storage {
        guard mates.count > 1 else { return Storage(count: count) }
        return SharedArea.make(count: count)?.storage ?? Storage(count: count)
    }

    /// A nameless file of the node's lowest rank, which the others map; each touches its share of the
    /// pages first, so that they lie spread over the node's memories.
    public func makeNodeStorage(count: Int) throws -> NodeStorage {
        guard sharesMemory else { return NodeStorage(Storage(count: count), ranks: size) }
        let home = mates[0]
        let isShared = mates.count > 1
        let made = isShared && rank == home ? SharedArea.reserve(count: count) : nil
        let offers = try allGather(Array(try JSONEncoder().encode(made?.handle))).map {
            try JSONDecoder().decode(SharedArea.Handle?.self, from: Data($0))
        }
        let area = made ?? (isShared ? offers[home].flatMap(SharedArea.init(of:)) : nil)
        area?.touch(mates.firstIndex(of: rank) ?? 0, of: mates.count)
        let homes = try gather(Double(isShared && area == nil ? -1 : home)).map { Int($0) }
        guard !homes.contains(-1) else { return NodeStorage(Storage(count: count), ranks: size) }
        return NodeStorage(area?.storage ?? Storage(count: count), homes: homes)
    }

    /// Ranks open one another's files through /proc, and all forgo that if one of them cannot.
    public func share(_ storages: [Storage]) throws -> [[Storage]?] {
        let alone = (0..<size).map { $0 == rank ? storages : nil }
        guard sharesMemory else { return alone }
        let handles = storages.compactMap { ($0.owner as? SharedArea)?.handle }
        let offer = handles.count == storages.count ? handles : nil
        let offers = try allGather(Array(try JSONEncoder().encode(offer))).map {
            try JSONDecoder().decode([SharedArea.Handle]?.self, from: Data($0))
        }
        let reached = (0..<size).map { other -> [Storage]? in
            guard other != rank else { return storages }
            guard mates.contains(other), let handles = offers[other] else { return nil }
            let areas = handles.compactMap { SharedArea(of: $0)?.storage }
            return areas.count == handles.count ? areas : nil
        }
        var failures = [Double(mates.count { reached[$0] == nil })]
        // Ranks that are alone on their nodes have plain memory, which nobody asks for.
        if mates.count > 1, offer == nil { failures[0] += 1 }
        try sum(&failures)
        return failures[0] == 0 ? reached : alone
    }
}
