/// A tensor in a safetensors file: its type, its shape and where its bytes lie.
public struct SafetensorsEntry: Sendable, Equatable {
    /// Element types of the format.
    public enum DType: String, CaseIterable, Sendable {
        /// One byte, 0 or 1.
        case bool = "BOOL"
        /// Unsigned byte.
        case u8 = "U8"
        /// Signed byte.
        case i8 = "I8"
        /// 16-bit integer.
        case i16 = "I16"
        /// Unsigned 16-bit integer.
        case u16 = "U16"
        /// IEEE half precision.
        case f16 = "F16"
        /// The upper half of a single-precision float.
        case bf16 = "BF16"
        /// 32-bit integer.
        case i32 = "I32"
        /// Unsigned 32-bit integer.
        case u32 = "U32"
        /// IEEE single precision.
        case f32 = "F32"
        /// IEEE double precision.
        case f64 = "F64"
        /// 64-bit integer.
        case i64 = "I64"
        /// Unsigned 64-bit integer.
        case u64 = "U64"

        /// Bytes of an element.
        public var size: Int {
            switch self {
            case .bool, .u8, .i8: 1
            case .i16, .u16, .f16, .bf16: 2
            case .i32, .u32, .f32: 4
            case .f64, .i64, .u64: 8
            }
        }
    }

    /// Name of the tensor.
    public let name: String
    /// Type of its elements.
    public let dtype: DType
    /// Extents, row-major; empty for a single number.
    public let shape: [Int]
    /// Its bytes, relative to the end of the header.
    public let bytes: Range<Int>

    /// Number of elements.
    public var count: Int { shape.reduce(1, *) }
}
