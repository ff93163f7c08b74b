import Files
import Foundation

/// A file of named tensors, opened for reading: safetensors or PyTorch's.
///
/// A format's reader makes the table of contents; elements are read here, tensor by tensor, when they are
/// asked for. No code that a file may carry is ever run.
public final class TensorFile {
    /// Formats that are read.
    public enum Format: String, Sendable {
        /// A header of JSON and the elements.
        case safetensors
        /// What `torch.save` writes: a pickle and the elements in a zip archive.
        case torch
        /// What `torch.save` wrote before PyTorch 1.6: pickles and the elements, one after another.
        case legacyTorch = "PyTorch's format of before 1.6"
    }

    /// What a reader finds out about a file.
    struct Contents {
        var entries: [TensorEntry]
        var metadata: [String: String] = [:]
        /// Keys of the dictionaries around the one that holds the tensors.
        var wrappers: [String] = []
        /// What lies among the tensors and is none.
        var others: [OtherContent] = []
        /// What lies beside the dictionary of tensors.
        var siblings: [OtherContent] = []
    }

    /// The file.
    public let path: String
    /// Its format, told by its content.
    public let format: Format
    /// The file's own texts.
    public var metadata: [String: String] { contents.metadata }
    /// The tensors, in the order of the file's table.
    public var entries: [TensorEntry] { contents.entries }
    /// Keys of the dictionaries around the tensors, such as `state_dict`, from the outermost in.
    public var wrappers: [String] { contents.wrappers }
    /// What lies among the tensors and is none.
    public var others: [OtherContent] { contents.others }
    /// What lies beside the dictionary of tensors, such as `optimizer`, and is not read.
    public var siblings: [OtherContent] { contents.siblings }
    private let contents: Contents
    private let places: [String: Int]
    private let file: FileBytes

    /// Opens `path` and reads its table of contents.
    ///
    /// - Throws: `FileError` where it cannot be read, and `TensorFileError` where it is not a whole file
    ///   of a known format; one of another kind, such as a web page, is called by its name.
    public init(path: String) throws {
        self.path = path
        do {
            let file = try FileBytes(path)
            let kind = try ContentKind(file)
            switch kind {
            case .safetensors:
                format = .safetensors
                contents = try SafetensorsHeader.read(file)
            case .zip:
                format = .torch
                contents = try TorchArchive.read(file)
            case .pickle:
                format = .legacyTorch
                contents = try LegacyTorchFile.read(file)
            }
            self.file = file
        } catch let refusal as Refusal {
            throw TensorFileError("\(path.shown): \(refusal.reason); \(refusal.advice)")
        }
        places = Dictionary(
            contents.entries.enumerated().map { ($1.name, $0) },
            uniquingKeysWith: { $1 }
        )
    }

    /// The tensor called `name`.
    public func entry(named name: String) -> TensorEntry? { places[name].map { entries[$0] } }

    /// The elements of a tensor of floats of any width, as single precision in row-major order.
    ///
    /// - Throws: `TensorFileError` where they are no floats, and as opening.
    public func floats(_ entry: TensorEntry) throws -> [Float] {
        guard entry.dtype.isFloat else {
            throw TensorFileError(
                "\(path.shown): \(entry.name.shown) holds \(entry.dtype.rawValue), not floats; "
                    + "it is a checkpoint of another model"
            )
        }
        do {
            return entry.isRowMajor ? try inOrder(entry) : try byStrides(entry)
        } catch let refusal as Refusal {
            throw TensorFileError("\(path.shown): \(refusal.reason); \(refusal.advice)")
        }
    }

    /// Some elements of a tensor of whole numbers or bytes, as they lie in the file.
    ///
    /// - Parameters:
    ///   - type: a type of the size of the elements, whose bits they have.
    ///   - range: elements, counted in row-major order; nil = all.
    /// - Throws: `TensorFileError` where they are not `dtype` one after another, and as opening.
    public func elements<T: FixedWidthInteger>(
        _ entry: TensorEntry,
        as dtype: ElementType,
        _ type: T.Type = T.self,
        _ range: Range<Int>? = nil
    ) throws -> [T] {
        let range = range ?? 0..<entry.count
        return try [T](unsafeUninitializedCapacity: range.count) { elements, count in
            try read(entry, as: dtype, range, into: UnsafeMutableRawBufferPointer(elements))
            count = range.count
        }
    }

    /// Some elements of a tensor of single-precision floats, [range], to `floats`.
    ///
    /// - Throws: `TensorFileError` where they are others or not one after another, and as opening.
    public func read(
        _ entry: TensorEntry,
        _ range: Range<Int>,
        into floats: UnsafeMutablePointer<Float>
    ) throws {
        let buffer = UnsafeMutableBufferPointer(start: floats, count: range.count)
        try read(entry, as: .f32, range, into: UnsafeMutableRawBufferPointer(buffer))
    }

    private func read(
        _ entry: TensorEntry,
        as dtype: ElementType,
        _ range: Range<Int>,
        into bytes: UnsafeMutableRawBufferPointer
    ) throws {
        precondition(
            range.upperBound <= entry.count && bytes.count == range.count * dtype.size,
            "elements outside the tensor"
        )
        guard entry.dtype == dtype, entry.isRowMajor else {
            throw TensorFileError(
                "\(path.shown): \(entry.name.shown) holds \(entry.dtype.rawValue), not "
                    + "\(dtype.rawValue) in a row; use another file"
            )
        }
        do {
            try file.read(into: bytes, at: entry.start + range.lowerBound * dtype.size)
        } catch let refusal as Refusal {
            throw TensorFileError("\(path.shown): \(refusal.reason); \(refusal.advice)")
        }
    }

    /// Elements that are converted at a time.
    private static let piece = 1 << 18

    private func inOrder(_ entry: TensorEntry) throws -> [Float] {
        try [Float](unsafeUninitializedCapacity: entry.count) { floats, count in
            if entry.dtype == .f32 {
                try file.read(into: UnsafeMutableRawBufferPointer(floats), at: entry.start)
            } else {
                let size = entry.dtype.size
                for first in stride(from: 0, to: entry.count, by: TensorFile.piece) {
                    let elements = first..<min(first + TensorFile.piece, entry.count)
                    let start = entry.start + first * size
                    let bytes = try file.read(start..<start + elements.count * size)
                    entry.dtype.convert(
                        bytes,
                        to: UnsafeMutableBufferPointer(rebasing: floats[elements])
                    )
                }
            }
            count = entry.count
        }
    }

    /// Reads all that the view spans and picks its elements.
    private func byStrides(_ entry: TensorEntry) throws -> [Float] {
        let last = zip(entry.shape, entry.strides).reduce(0) { $0 + ($1.0 - 1) * $1.1 }
        let size = entry.dtype.size
        let bytes = try file.read(entry.start..<entry.start + (last + 1) * size)
        let span = [Float](unsafeUninitializedCapacity: last + 1) { floats, count in
            entry.dtype.convert(bytes, to: UnsafeMutableBufferPointer(rebasing: floats[...last]))
            count = last + 1
        }
        var index = entry.shape.map { _ in 0 }
        var place = 0
        return (0..<entry.count).map { _ in
            defer {
                for axis in entry.shape.indices.reversed() {
                    index[axis] += 1
                    place += entry.strides[axis]
                    if index[axis] < entry.shape[axis] { break }
                    place -= entry.strides[axis] * entry.shape[axis]
                    index[axis] = 0
                }
            }
            return span[place]
        }
    }
}

extension ElementType {
    /// Sets `floats` to the floats in `bytes`, which are little-endian as this machine.
    fileprivate func convert(_ bytes: [UInt8], to floats: UnsafeMutableBufferPointer<Float>) {
        bytes.withUnsafeBytes { bytes in
            func map<T>(_ type: T.Type, _ convert: (T) -> Float) {
                for index in floats.indices {
                    floats[index] = convert(
                        bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<T>.size, as: type)
                    )
                }
            }
            switch self {
            case .f32: map(Float.self) { $0 }
            case .f64: map(Double.self) { Float($0) }
            case .bf16: map(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
            case .f16: map(UInt16.self) { Float(halfPrecision: $0) }
            default: preconditionFailure("\(rawValue) is no type of floats")
            }
        }
    }
}

extension Float {
    /// The value of an IEEE half-precision number.
    init(halfPrecision bits: UInt16) {
        let sign: Float = bits & 0x8000 == 0 ? 1 : -1
        let exponent = Int(bits >> 10 & 0x1F)
        let fraction = Float(bits & 0x3FF)
        switch exponent {
        case 0: self = sign * fraction * 0x1p-24
        case 31: self = fraction == 0 ? sign * .infinity : .nan
        default:
            self = sign * Float(sign: .plus, exponent: exponent - 25, significand: fraction + 1024)
        }
    }
}

/// A file that holds no tensors that can be read here.
public struct TensorFileError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The exit code of a program that ends with this error, as in `sysexits.h`: bad data.
    public static let exitCode: Int32 = 65

    /// The message, on one line: which file, what is wrong with it, what to do.
    public let description: String

    init(_ description: String) { self.description = description }
}
