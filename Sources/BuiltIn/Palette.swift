import Tensors

/// Colours of what landmarks are made of.
enum Palette {
    static let stone: [UInt32] = [
        0xd8cdb4, 0xc9b48c, 0xb0a89c, 0xe4dfd2, 0xa8927a, 0xcbbfae, 0xb89a84, 0x9aa0a4,
    ]
    static let wall: [UInt32] = [
        0xe8e2d4, 0xb4583e, 0xd8c49a, 0xe0b48a, 0xc8ccd0, 0x9c5444, 0xd4d8c4, 0xc2a078,
    ]
    static let roof: [UInt32] = [
        0x8c3c2c, 0x4a5560, 0x5a8c7c, 0x6a4a3c, 0x2f4a6a, 0x7a2f34, 0x3e5a44, 0xb0763c,
    ]
    static let bright: [UInt32] = [0xd4a52c, 0xc83c30, 0x2f7a8c, 0xe8e4dc, 0x3a5a9c, 0x4f8a4a]

    /// One colour of a palette, a little lighter or darker than listed.
    static func pick(_ palette: [UInt32], using random: inout Random) -> Vector {
        Vector.rgb(palette[random.integer(below: palette.count)]) * random.uniform(0.92, 1.06)
    }
}
