/// Types of the elements of a tensor in a file, by the names of the safetensors format.
public enum ElementType: String, CaseIterable, Sendable {
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

    /// Whether elements are floats of some width.
    public var isFloat: Bool {
        switch self {
        case .f16, .bf16, .f32, .f64: true
        default: false
        }
    }
}

/// A tensor in a file: its type, its shape and where its elements lie.
public struct TensorEntry: Sendable, Equatable {
    /// Name of the tensor.
    public let name: String
    /// Type of its elements.
    public let dtype: ElementType
    /// Extents; empty for a single number.
    public let shape: [Int]
    /// Elements from one to the next along each extent, as in PyTorch.
    let strides: [Int]
    /// Byte of the file at which the first element lies.
    let start: Int
    /// Number of elements.
    public let count: Int

    /// Describes a tensor whose elements are known to lie within the file.
    init(name: String, dtype: ElementType, shape: [Int], strides: [Int]? = nil, start: Int) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.strides = strides ?? TensorEntry.rowMajor(shape)
        self.start = start
        count = shape.reduce(1, *)
    }

    /// Strides of elements that lie one after another, the last extent first.
    static func rowMajor(_ shape: [Int]) -> [Int] {
        var strides = shape
        var next = 1
        for axis in shape.indices.reversed() {
            strides[axis] = next
            next *= max(shape[axis], 1)
        }
        return strides
    }

    /// Whether the elements lie one after another; extents of 1 may have any stride.
    var isRowMajor: Bool {
        count == 0
            || zip(shape, zip(strides, TensorEntry.rowMajor(shape)))
                .allSatisfy { $0 == 1 || $1.0 == $1.1 }
    }
}

/// What lies in a file among or beside the tensors and is none, such as an epoch's number.
public struct OtherContent: Sendable, Equatable {
    /// Its key.
    public let name: String
    /// What it is, in words: "a number".
    public let kind: String
}

/// The number of elements of `shape`, or nil where no memory could hold them.
func elementCount(_ shape: [Int], size: Int) -> Int? {
    var bytes = size
    for extent in shape {
        let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
        guard extent >= 0, !overflow else { return nil }
        bytes = product
    }
    // A factor of 0 hides what the others come to.
    var others = size
    for extent in shape where extent > 0 {
        let (product, overflow) = others.multipliedReportingOverflow(by: extent)
        guard !overflow else { return nil }
        others = product
    }
    return bytes / size
}
