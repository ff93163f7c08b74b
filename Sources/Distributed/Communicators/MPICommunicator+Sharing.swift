import Foundation
public import Tensors

extension MPICommunicator {
    /// A nameless shared file where the node has other ranks.
    public func makeStorage(count: Int) -> Storage {
        guard mates.count > 1 else { return Storage(count: count) }
        return SharedArea.make(count: count)?.storage ?? Storage(count: count)
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
