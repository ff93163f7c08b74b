import Files
import Foundation

/// A safetensors file opened for reading; tensors are read one by one when asked for.
public final class SafetensorsFile {
    /// The file.
    public let path: String
    /// The file's own texts.
    public let metadata: [String: String]
    /// The tensors, in the order of their bytes.
    public let entries: [SafetensorsEntry]
    private let places: [String: Int]
    private let descriptor: Int32
    private let dataStart: Int

    /// Longest header that the format allows, in bytes.
    private static let maximumHeader = 100_000_000

    /// Opens `path` and reads its header.
    ///
    /// Throws `FileError` where it cannot be read and `TrainingError.checkpoint` where it
    /// is not a whole safetensors file.
    public init(path: String) throws {
        let descriptor = openFile(path, O_RDONLY)
        guard descriptor >= 0 else { throw fileError("cannot open", path) }
        do {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw fileError("cannot read", path) }
            let size = Int(status.st_size)
            guard size >= 8 else {
                throw SafetensorsHeader.Refusal("it has \(size) bytes, too few for a header")
            }
            let length = try SafetensorsFile.read(descriptor, 0..<8, path)
                .reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard length <= SafetensorsFile.maximumHeader else {
                throw SafetensorsHeader.Refusal(
                    "its header claims \(length) bytes, more than the format allows"
                )
            }
            let start = 8 + Int(length)
            guard start <= size else {
                throw SafetensorsHeader.Refusal(
                    "it is cut off: its header claims \(length) bytes and the file has \(size)"
                )
            }
            let header = try SafetensorsHeader(
                SafetensorsFile.read(descriptor, 8..<start, path),
                dataCount: size - start
            )
            metadata = header.metadata
            entries = header.entries
            dataStart = start
        } catch let refusal as SafetensorsHeader.Refusal {
            close(descriptor)
            throw TrainingError.checkpoint(
                "\(path) is not a whole safetensors file: \(refusal.reason); use another "
                    + "checkpoint or copy the file again"
            )
        } catch {
            close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
        places = Dictionary(
            uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) }
        )
    }

    deinit { close(descriptor) }

    /// The tensor called `name`.
    public func entry(named name: String) -> SafetensorsEntry? { places[name].map { entries[$0] } }

    /// The elements of a tensor of floats of any width, as single precision.
    public func floats(_ entry: SafetensorsEntry) throws -> [Float] {
        let place = dataStart + entry.bytes.lowerBound..<dataStart + entry.bytes.upperBound
        let bytes = try SafetensorsFile.read(descriptor, place, path)
        return try bytes.withUnsafeBytes { bytes in
            func map<T>(_ type: T.Type, _ convert: (T) -> Float) -> [Float] {
                (0..<entry.count).map {
                    convert(
                        bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: type)
                    )
                }
            }
            switch entry.dtype {
            case .f32: return map(Float.self) { $0 }
            case .f64: return map(Double.self) { Float($0) }
            case .bf16: return map(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
            case .f16: return map(UInt16.self) { Float(halfPrecision: $0) }
            default:
                throw TrainingError.checkpoint(
                    "\(path): \(entry.name) holds \(entry.dtype.rawValue), not floats; "
                        + "it is a checkpoint of another model"
                )
            }
        }
    }

    /// The bytes `range` of the file.
    private static func read(
        _ descriptor: Int32,
        _ range: Range<Int>,
        _ path: String
    ) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            while count < range.count {
                let rest = UnsafeMutableBufferPointer(rebasing: buffer[count...])
                let got = pread(
                    descriptor,
                    rest.baseAddress,
                    min(rest.count, 1 << 30),
                    off_t(range.lowerBound + count)
                )
                if got < 0, errno == EINTR { continue }
                guard got >= 0 else { throw fileError("cannot read", path) }
                guard got > 0 else {
                    throw TrainingError.checkpoint("\(path) became shorter while it was read")
                }
                count += got
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
