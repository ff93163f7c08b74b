public import Tensors

/// The numbers of `scripts/parity/shared_values.py`, which PyTorch is given too.
public enum SharedValues {
    /// Element `index` of the tensor whose name has the hash `key`: in [-1, 1), a multiple of 2⁻²³.
    public static func uniform(_ key: UInt64, _ index: Int) -> Double {
        var z = key &+ UInt64(index) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        z ^= z >> 31
        return Double(z >> 40) * 0x1p-23 - 1
    }

    /// FNV-1a of `name`.
    public static func key(_ name: String) -> UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    /// The values of a parameter or running statistic, in PyTorch's order.
    public static func parameter(_ name: String, shape: [Int]) -> [Float] {
        let key = key(name)
        let count = shape.reduce(1, *)
        let (center, radius): (Double, Double) =
            if name.hasSuffix("running_mean") {
                (0, 0.1)
            } else if name.hasSuffix("running_var") {
                (1, 0.5)
            } else if shape.count > 1 {
                (0, (3 / Double(shape.dropFirst().reduce(1, *))).squareRoot())
            } else if name.hasSuffix("bias") {
                (0, 0.1)
            } else if endsBranch(name) {
                // In a long row of blocks that each add as much as there is, rounding errors grow a thousandfold.
                (0.1, 0.025)
            } else {
                (1, 0.25)
            }
        return (0..<count).map { Float(center + radius * uniform(key, $0)) }
    }

    /// Whether it is the scale of the norm at the end of a branch of three convolutions, to which a shortcut is
    /// added: `bn3` in ResNet's and timm's names, `conv.3` in MobileNetV2.
    private static func endsBranch(_ name: String) -> Bool {
        if name.hasSuffix("bn3.weight") {
            return !(name.hasPrefix("blocks") && name.hasSuffix(".0.bn3.weight"))
        }
        return [3, 5, 6, 8, 9, 10, 12, 13, 15, 16].contains {
            name == "features.\($0).conv.3.weight"
        }
    }

    /// A batch of photos: element i counts in the order of memory.
    public static func photos(_ shape: Shape, name: String = "photos") -> Storage {
        let key = key(name)
        let storage = Storage(count: shape.count)
        for index in 0..<shape.count { storage.base[index] = Float(2 * uniform(key, index)) }
        return storage
    }
}
