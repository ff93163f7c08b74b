import CMemoryShim
import Foundation
import Tensors

/// Floats in anonymous shared memory (a memfd), which other processes of the node can map too.
///
/// The file has no place in any file system: it is gone with the last process that maps it, however
/// that ends, and the size of /dev/shm does not limit it.
///
/// `@unchecked Sendable`: the object only fixes where the memory lies, as `Storage` does.
final class SharedMemory: @unchecked Sendable {
    /// The first float, at the start of a page.
    let base: UnsafeMutablePointer<Float>
    /// How other processes find the file.
    let handle: Handle
    /// The file, open as long as others may come to map it; nil where this is another's.
    private let descriptor: Int32?

    /// The name of an area among the processes of a node.
    struct Handle: Codable, Equatable, Sendable {
        var process: Int32
        var descriptor: Int32
        /// What tells the file from any other of the system that might be met under these numbers.
        var device: UInt64
        var file: UInt64
        /// Floats.
        var count: Int
    }

    private init(_ base: UnsafeMutablePointer<Float>, _ handle: Handle, _ descriptor: Int32?) {
        self.base = base
        self.handle = handle
        self.descriptor = descriptor
    }

    deinit {
        munmap(base, SharedMemory.length(handle.count))
        if let descriptor { close(descriptor) }
    }

    /// The floats, which keep the area alive.
    var storage: Storage { Storage(base, count: handle.count, owner: self) }

    /// Makes an area of `count` zeros, whose pages lie near this process and are there; nil where the
    /// system does not allow it.
    static func make(count: Int) -> SharedMemory? {
        let area = reserve(count: count)
        area?.touch(0, of: 1)
        return area
    }

    /// Makes an area of `count` zeros whose pages come when they are touched; nil where the system does
    /// not allow it.
    static func reserve(count: Int) -> SharedMemory? {
        #if os(Linux)
            let descriptor = memoryshim_file("landmark-train")
            guard descriptor >= 0 else { return nil }
            guard ftruncate(descriptor, length(count)) == 0,
                let identity = identity(descriptor),
                let base = map(descriptor, count)
            else {
                close(descriptor)
                return nil
            }
            let handle = Handle(
                process: getpid(),
                descriptor: descriptor,
                device: identity.device,
                file: identity.file,
                count: count
            )
            return SharedMemory(base, handle, descriptor)
        #else
            return nil
        #endif
    }

    /// Writes the zeros of part `part` of `parts` equal ones, so that no step waits for these pages.
    func touch(_ part: Int, of parts: Int) {
        let range = part * handle.count / parts..<(part + 1) * handle.count / parts
        (base + range.lowerBound).initialize(repeating: 0, count: range.count)
    }

    /// The area of another process of this node; nil where it cannot be had.
    init?(of handle: Handle) {
        #if os(Linux)
            let path = "/proc/\(handle.process)/fd/\(handle.descriptor)"
            let descriptor = open(path, O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            guard let identity = SharedMemory.identity(descriptor),
                identity == (handle.device, handle.file),
                let base = SharedMemory.map(descriptor, handle.count)
            else { return nil }
            self.base = base
            self.handle = handle
            self.descriptor = nil
        #else
            return nil
        #endif
    }

    /// Bytes of a file that holds `count` floats, at least one.
    private static func length(_ count: Int) -> Int { max(count, 1) * MemoryLayout<Float>.stride }

    private static func identity(_ descriptor: Int32) -> (device: UInt64, file: UInt64)? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        return (UInt64(status.st_dev), UInt64(status.st_ino))
    }

    #if os(Linux)
        /// Maps a file at a border of huge pages, which it is backed by where the kernel has them.
        private static func map(_ descriptor: Int32, _ count: Int) -> UnsafeMutablePointer<Float>? {
            let huge = 1 << 21
            let length = length(count)
            let room = (length + huge - 1) / huge * huge + huge
            guard let reserved = mmap(nil, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                reserved != MAP_FAILED
            else { return nil }
            let start = (Int(bitPattern: reserved) + huge - 1) / huge * huge
            let skipped = start - Int(bitPattern: reserved)
            let area = mmap(
                reserved + skipped,
                length,
                PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_FIXED,
                descriptor,
                0
            )
            guard let area, area != MAP_FAILED else {
                munmap(reserved, room)
                return nil
            }
            // What was reserved around the area goes back; the end of its last page is in use.
            let page = sysconf(Int32(_SC_PAGESIZE))
            let end = skipped + (length + page - 1) / page * page
            if skipped > 0 { munmap(reserved, skipped) }
            if room > end { munmap(reserved + end, room - end) }
            if length >= huge { _ = madvise(area, length, MADV_HUGEPAGE) }
            return area.bindMemory(to: Float.self, capacity: count)
        }
    #endif
}
