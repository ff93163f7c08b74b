import Tensors

/// Slice gradients made up from their numbers, and what their ordered sum must be, computed plainly
/// in one place.
public enum SliceReference {
    /// The gradient of `slice`: values of unlike size, so that another order gives other bits.
    public static func gradient(of slice: Int, count: Int) -> [Float] {
        var random = Random(seed: 11, .test, UInt64(slice))
        return (0..<count).map { _ in
            let bits = random.next32()
            return Float(Int32(bitPattern: bits) >> Int32(bits & 15)) * 0x1p-31
        }
    }

    /// The sum over the slices `node`, split after the largest power of two below its count.
    public static func sum(of node: Range<Int>, count: Int) -> [Float] {
        guard node.count > 1 else { return gradient(of: node.lowerBound, count: count) }
        var half = 1
        while half * 2 < node.count { half *= 2 }
        let left = sum(of: node.lowerBound..<node.lowerBound + half, count: count)
        let right = sum(of: node.lowerBound + half..<node.upperBound, count: count)
        return zip(left, right).map { $0 + $1 }
    }

    /// Sum of squares over `range`, block by block and then over the blocks in order.
    public static func squares(_ values: [Float], _ range: Range<Int>, block: Int) -> Double {
        var total = 0.0
        for start in stride(from: 0, to: values.count, by: block) {
            let inside = (start..<min(start + block, values.count)).clamped(to: range)
            total += values.withUnsafeBufferPointer { buffer in
                buffer.baseAddress.map {
                    Tensors.sumOfSquares($0 + inside.lowerBound, inside.count)
                } ?? 0
            }
        }
        return total
    }
}
