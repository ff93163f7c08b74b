import Files

/// Ids of photos in little memory: eight bytes each where all have 16 lower-case hex digits, as in
/// Google Landmarks; otherwise their bytes one after the other.
struct PhotoIDs: Sendable {
    private var packed: [UInt64] = []
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    private var isPacked = true

    var count: Int { isPacked ? packed.count : ends.count }

    mutating func append(_ id: UnsafeBufferPointer<UInt8>) {
        if isPacked {
            if let value = PhotoIDs.pack(id) {
                packed.append(value)
                return
            }
            unpack()
        }
        bytes.append(contentsOf: id)
        ends.append(bytes.count)
    }

    mutating func append(_ id: String) {
        id.pathBytes.withUnsafeBufferPointer { append($0) }
    }

    subscript(index: Int) -> String {
        guard !isPacked else { return PhotoIDs.text(packed[index]) }
        let start = index == 0 ? 0 : ends[index - 1]
        return String(pathBytes: bytes[start..<ends[index]])
    }

    /// A hash of all ids in order.
    var digest: ContentHash {
        guard !isPacked else { return packed.withUnsafeBytes { ContentHash($0) } }
        let parts = [
            bytes.withUnsafeBytes { ContentHash($0) }, ends.withUnsafeBytes { ContentHash($0) },
        ]
        return parts.flatMap { [$0.high, $0.low] }.withUnsafeBytes { ContentHash($0) }
    }

    /// The places of all ids in the order of their bytes, equals in theirs; nil where they are in
    /// that order as they are, without repetitions.
    func order() -> [UInt32]? {
        guard isPacked else {
            let texts = (0..<count).map { self[$0] }
            func isBefore(_ a: String, _ b: String) -> Bool {
                a.utf8.lexicographicallyPrecedes(b.utf8)
            }
            guard zip(texts, texts.dropFirst()).contains(where: { !isBefore($0, $1) }) else {
                return nil
            }
            return texts.indices.sorted {
                texts[$0] == texts[$1] ? $0 < $1 : isBefore(texts[$0], texts[$1])
            }.map { UInt32($0) }
        }
        guard zip(packed, packed.dropFirst()).contains(where: { $0 >= $1 }) else { return nil }
        return PhotoIDs.order(packed)
    }

    /// Whether the ids at two places are equal.
    func areEqual(_ a: Int, _ b: Int) -> Bool {
        isPacked ? packed[a] == packed[b] : self[a] == self[b]
    }

    /// What an id is known by where a photo's content is not.
    func identity(_ index: Int) -> ContentHash {
        isPacked ? ContentHash(high: packed[index], low: 0) : ContentHash(self[index])
    }

    /// The places of `keys` in ascending order, equals in theirs: a radix sort, since a table of
    /// millions is ordered at each start.
    private static func order(_ keys: [UInt64]) -> [UInt32] {
        var order = (0..<UInt32(keys.count)).map { $0 }
        var next = [UInt32](repeating: 0, count: keys.count)
        for shift in stride(from: 0, to: UInt64.bitWidth, by: 16) {
            var starts = [Int](repeating: 0, count: 1 << 16)
            for key in keys { starts[Int(key >> UInt64(shift) & 0xFFFF)] += 1 }
            var sum = 0
            for digit in starts.indices {
                (starts[digit], sum) = (sum, sum + starts[digit])
            }
            for place in order {
                let digit = Int(keys[Int(place)] >> UInt64(shift) & 0xFFFF)
                next[starts[digit]] = place
                starts[digit] += 1
            }
            swap(&order, &next)
        }
        return order
    }

    private mutating func unpack() {
        isPacked = false
        bytes.reserveCapacity(packed.count * 16)
        ends.reserveCapacity(packed.count)
        for value in packed {
            bytes.append(contentsOf: PhotoIDs.text(value).utf8)
            ends.append(bytes.count)
        }
        packed = []
    }

    static func pack(_ id: UnsafeBufferPointer<UInt8>) -> UInt64? {
        guard id.count == 16 else { return nil }
        var value: UInt64 = 0
        for byte in id {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            value = value << 4 | UInt64(digit)
        }
        return value
    }

    /// The 16 hex digits of a packed id.
    static func text(_ value: UInt64) -> String {
        String(unsafeUninitializedCapacity: 16) { digits in
            for place in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * place)) & 15
                digits[place] =
                    digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            }
            return 16
        }
    }
}
