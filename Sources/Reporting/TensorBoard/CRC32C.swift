/// Cyclic redundancy check with Castagnoli's polynomial, as TensorBoard's records carry it.
struct CRC32C: Sendable {
    private let table: [UInt32]

    init() {
        table = (0..<256).map { byte in
            (0..<8).reduce(UInt32(byte)) { crc, _ in
                crc & 1 == 1 ? crc >> 1 ^ 0x82f6_3b78 : crc >> 1
            }
        }
    }

    /// The check value of `bytes`.
    func callAsFunction(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { crc, byte in table[Int((crc ^ UInt32(byte)) & 255)] ^ crc >> 8 }
    }

    /// The value in the form that TensorBoard stores, which checks as nothing of the kind again.
    func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let crc = self(bytes)
        return (crc >> 15 | crc << 17) &+ 0xa282_ead8
    }
}
