/// A safetensors file put together by hand: the length, the header, the data.
func safetensors(_ header: String, data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
    safetensors(bytes: Array(header.utf8), data: data, length: length)
}

/// The same with a header of any bytes.
func safetensors(bytes: [UInt8], data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
    let length = length ?? UInt64(bytes.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + bytes + data
}
