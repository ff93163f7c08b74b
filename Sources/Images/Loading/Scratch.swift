import Foundation
import Tensors

/// Memory that grows to the largest need and is used again and again.
struct Scratch<Element: BitwiseCopyable>: ~Copyable {
    private var memory = UnsafeMutableBufferPointer<Element>(start: nil, count: 0)

    deinit { free(memory.baseAddress) }

    /// At least `count` elements, in an unknown state; former pointers are void.
    mutating func reserve(_ count: Int) -> UnsafeMutablePointer<Element> {
        if let base = memory.baseAddress, memory.count >= count { return base }
        free(memory.baseAddress)
        let capacity = max(count + count / 4, 64)
        let base = Shortage.memory(capacity * MemoryLayout<Element>.stride)
            .bindMemory(to: Element.self, capacity: capacity)
        memory = UnsafeMutableBufferPointer(start: base, count: capacity)
        return base
    }

    /// Gives the memory back where it is more than `limit` bytes.
    mutating func release(above limit: Int) {
        guard memory.count * MemoryLayout<Element>.stride > limit else { return }
        memory.deallocate()
        memory = UnsafeMutableBufferPointer(start: nil, count: 0)
    }
}
