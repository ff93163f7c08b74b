import CMPIShim

extension MPICommunicator {
    /// MPI_Allgatherv, after the sizes were told.
    public func allGather(_ bytes: [UInt8]) throws -> [[UInt8]] {
        var sizes = [Double](repeating: 0, count: size)
        sizes[rank] = Double(bytes.count)
        try sum(&sizes)
        let counts = sizes.map { Int($0) }
        var gathered = counts.map { count -> [UInt8] in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(count)
            return bytes
        }
        for start in stride(from: 0, to: counts.max() ?? 0, by: share) {
            let parts = counts.map { min($0, start)..<min($0, start + share) }
            for (rank, part) in try gatherOnce(bytes, parts).enumerated() {
                gathered[rank] += part
            }
        }
        return gathered
    }

    /// One call of MPI_Allgatherv; `parts` are each rank's range of its bytes.
    private func gatherOnce(_ bytes: [UInt8], _ parts: [Range<Int>]) throws -> [ArraySlice<UInt8>] {
        var offsets: [Int] = []
        var total = 0
        for part in parts {
            offsets.append(total)
            total += part.count
        }
        var all = [UInt8](repeating: 0, count: total)
        try bytes.withUnsafeBufferPointer { own in
            try MPICommunicator.check(
                "MPI_Allgatherv",
                mpishim_all_gather_bytes(
                    own.baseAddress?.advanced(by: parts[rank].lowerBound),
                    Int32(parts[rank].count),
                    &all,
                    parts.map { Int32($0.count) },
                    offsets.map { Int32($0) }
                )
            )
        }
        return zip(offsets, parts).map { all[$0..<$0 + $1.count] }
    }
}
