import Files
import Foundation
public import Tensors

/// 128 bits that tell the content of one file from that of any other.
///
/// Not a cryptographic hash: it finds equal photos among those that people have, and is no defence
/// against files that were made to look equal.
public struct ContentHash: Hashable, Sendable, Comparable {
    /// The first half.
    public let high: UInt64
    /// The second half.
    public let low: UInt64

    /// Puts the halves together.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The hash of some bytes: two chains of folded 64×64-bit products, each over all bytes.
    public init(_ bytes: UnsafeRawBufferPointer) {
        var state = State()
        state.add(bytes)
        self = state.hash(count: bytes.count)
    }

    /// The hash of a text's UTF-8.
    public init(_ text: String) {
        var text = text
        self = text.withUTF8 { ContentHash(UnsafeRawBufferPointer($0)) }
    }

    /// Whether a hash comes before another; the order means nothing else.
    public static func < (a: ContentHash, b: ContentHash) -> Bool {
        (a.high, a.low) < (b.high, b.low)
    }

    /// A number from 0 to below 1 that the seed and this hash alone decide.
    func lot(seed: UInt64) -> Double {
        var state = State()
        state.mix(high, low)
        state.mix(seed, 0x9E37_79B9_7F4A_7C15)
        return Double(state.hash(count: 0).high >> 11) * 0x1p-53
    }

    /// 32 hex digits.
    public var text: String { PhotoIDs.text(high) + PhotoIDs.text(low) }

    /// Reads 32 lower-case hex digits.
    public init?(text: some StringProtocol) {
        let digits = Array(text.utf8)
        guard digits.count == 32,
            let high = digits[..<16].withUnsafeBufferPointer(PhotoIDs.pack),
            let low = digits[16...].withUnsafeBufferPointer(PhotoIDs.pack)
        else { return nil }
        self.init(high: high, low: low)
    }

    /// The hash of bytes that come in pieces; each piece but the last is a multiple of 16 bytes.
    struct State {
        private var first: UInt64 = 0x6A09_E667_F3BC_C908
        private var second: UInt64 = 0xBB67_AE85_84CA_A73B

        /// Adds the next piece.
        mutating func add(_ bytes: UnsafeRawBufferPointer) {
            var place = 0
            while place + 16 <= bytes.count {
                mix(
                    bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self).littleEndian,
                    bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self).littleEndian
                )
                place += 16
            }
            guard place < bytes.count else { return }
            var rest = SIMD16<UInt8>()
            for index in place..<bytes.count { rest[index - place] = bytes[index] }
            let words = unsafeBitCast(rest, to: SIMD2<UInt64>.self)
            mix(words[0].littleEndian, words[1].littleEndian)
        }

        /// The hash of what was added.
        ///
        /// - Parameter count: bytes of the whole, which tells apart contents that end in zeros.
        func hash(count: Int) -> ContentHash {
            var end = self
            end.mix(UInt64(count), 0x3C6E_F372_FE94_F82B)
            end.mix(end.second, end.first)
            return ContentHash(high: end.first, low: end.second)
        }

        @inline(__always)
        fileprivate mutating func mix(_ a: UInt64, _ b: UInt64) {
            first = State.fold(first ^ a, b ^ 0xA54F_F53A_5F1D_36F1) &+ a
            second = State.fold(second ^ b, a ^ 0x510E_527F_ADE6_82D1) &+ b
        }

        /// Both halves of a product, one over the other.
        @inline(__always)
        private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
            let product = a.multipliedFullWidth(by: b)
            return product.high ^ product.low
        }
    }
}

/// What the file of a photo is like, without decoding it.
public struct PhotoFact: Sendable, Equatable {
    /// Its size in bytes; −1 = there is no such file, or it cannot be read.
    public var size: Int64
    /// When it was changed last, in nanoseconds since 1970.
    public var modified: Int64
    /// The hash of its content; nil where there is none: it is missing, empty, or was not inspected.
    public var hash: ContentHash?

    /// Puts together what is known.
    public init(size: Int64, modified: Int64, hash: ContentHash?) {
        self.size = size
        self.modified = modified
        self.hash = hash
    }

    /// A file that is not there.
    public static let missing = PhotoFact(size: -1, modified: 0, hash: nil)

    /// Whether there is such a file.
    public var isThere: Bool { size >= 0 }
}

/// Looks at the files of photos in one thread, with memory that serves for all.
struct FileInspector: ~Copyable {
    /// Files up to this size are hashed whole; larger ones by four pieces of a quarter of it, from the
    /// beginning to the end, and their size.
    static let wholeLimit = 1 << 18
    private static let pieces = 4

    private let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: FileInspector.wholeLimit,
        alignment: 16
    )

    deinit { memory.deallocate() }

    /// Looks at the file `path`.
    ///
    /// - Parameter known: what is known of the file from before; where size and time are still the
    ///   same, it is not read again.
    func look(_ path: String, known: PhotoFact? = nil) -> PhotoFact {
        let file = openFile(path, O_RDONLY | O_NONBLOCK)
        guard file >= 0 else { return .missing }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return .missing
        }
        let time = status.st_mtim
        var fact = PhotoFact(
            size: Int64(status.st_size),
            modified: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec),
            hash: nil
        )
        if let known, known.hash != nil, known.size == fact.size, known.modified == fact.modified {
            return known
        }
        fact.hash = hash(file, size: Int(status.st_size))
        return fact
    }

    /// The size of the file `path` as `look` tells it.
    static func size(_ path: String) -> Int64 {
        var status = stat()
        let isReadable = path.withPathPointer { stat($0, &status) == 0 && access($0, R_OK) == 0 }
        guard isReadable, status.st_mode & S_IFMT == S_IFREG else { return -1 }
        return Int64(status.st_size)
    }

    private func hash(_ file: Int32, size: Int) -> ContentHash? {
        guard size > 0 else { return nil }
        var state = ContentHash.State()
        if size <= FileInspector.wholeLimit {
            guard read(file, at: 0, count: size, &state) else { return nil }
        } else {
            let piece = FileInspector.wholeLimit / FileInspector.pieces
            for index in 0..<FileInspector.pieces {
                let place = (size - piece) * index / (FileInspector.pieces - 1)
                guard read(file, at: place, count: piece, &state) else { return nil }
            }
        }
        return state.hash(count: size)
    }

    /// Adds `count` bytes from `place` on to the hash; false where they cannot be read.
    private func read(
        _ file: Int32,
        at place: Int,
        count: Int,
        _ state: inout ContentHash.State
    ) -> Bool {
        var done = 0
        while done < count {
            let got = pread(
                file,
                memory.baseAddress?.advanced(by: done),
                count - done,
                off_t(place + done)
            )
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { return false }
            done += got
        }
        state.add(UnsafeRawBufferPointer(rebasing: memory[..<count]))
        return true
    }
}

/// What the files of photos are like, in the order of `paths`.
///
/// - Parameter pool: threads that look.
public func inspectPhotos(_ paths: [String], _ pool: ThreadPool) -> [PhotoFact] {
    [PhotoFact](unsafeUninitializedCapacity: paths.count) { facts, count in
        count = paths.count
        guard let base = facts.baseAddress else { return }
        nonisolated(unsafe) let target = base
        pool.parallelRanges(paths.count, grain: 16) { part, _ in
            let inspector = FileInspector()
            for index in part { (target + index).initialize(to: inspector.look(paths[index])) }
        }
    }
}
