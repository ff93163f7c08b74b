import Foundation
import Tensors

/// Resamples rows of RGB as they come from the decoder, with scratch that is used again.
///
/// Separable: rows are combined first, in 16-bit fixed point, then columns, in floats. The decoded
/// photo is never stored; a ring holds the rows that the next output row needs.
final class Resampler {
    private var columns = FilterTaps()
    private var rows = FilterTaps()
    private var ring = Scratch<UInt8>()
    private var sums = Scratch<UInt16>()
    private var line = Scratch<Float>()
    private var output = Scratch<SIMD4<Float>>()

    /// What to resample: a box in the coordinates of an input of which only a window of columns is
    /// delivered.
    struct Job {
        /// The part of the input that becomes the output.
        var box: CropBox
        /// Columns of the input that the rows hold.
        var columns: Range<Int>
        /// Rows of the input.
        var height: Int
        /// Columns of the output.
        var outputWidth: Int
        /// Rows of the output.
        var outputHeight: Int
        var filter: SamplePlan.Filter
    }

    /// Plans a job and says which rows it will ask for.
    func prepare(_ job: Job) -> Range<Int> {
        rows.compute(
            outputs: job.outputHeight,
            low: job.box.y,
            high: job.box.y + job.box.height,
            bounds: 0..<job.height,
            filter: job.filter
        )
        columns.compute(
            outputs: job.outputWidth,
            low: job.box.x,
            high: job.box.x + job.box.width,
            bounds: job.columns,
            filter: job.filter
        )
        return rows.span
    }

    /// Carries out the job prepared last.
    ///
    /// - Parameters:
    ///   - read: writes the next input row, 3 bytes for each of the job's columns; called for the
    ///     rows that `prepare` returned, in order.
    ///   - write: takes output row y as `outputWidth` pixels of red, green, blue (0…255) and one
    ///     value without meaning.
    func run(
        _ job: Job,
        read: (UnsafeMutablePointer<UInt8>) throws(PhotoError) -> Void,
        write: (_ y: Int, _ pixels: UnsafePointer<SIMD4<Float>>) -> Void
    ) throws(PhotoError) {
        let width = 3 * job.columns.count
        let pitch = (width + 15) & ~15
        let held = rows.stride + 1
        let ring = ring.reserve(pitch * held)
        let sums = sums.reserve(pitch)
        let line = line.reserve(pitch + 4)
        let output = output.reserve(job.outputWidth)
        // Columns are read four floats at a time, the last one beyond the row.
        for index in width..<pitch + 4 { line[index] = 0 }
        var next = rows.span.lowerBound
        for y in 0..<job.outputHeight {
            let start = Int(rows.starts[y])
            let count = Int(rows.counts[y])
            while next < start + count {
                try read(ring + next % held * pitch)
                next += 1
            }
            func row(_ tap: Int) -> UnsafePointer<UInt8> {
                // The unused weights of an output row are zero, so a missing row counts nothing.
                UnsafePointer(ring + (start + min(tap, count - 1)) % held * pitch)
            }
            let weights = rows.fixed[y * rows.stride..<(y + 1) * rows.stride]
            let first = weights.startIndex
            Resampler.sum(row(0), weights[first], row(1), weights[first + 1], sums, width)
            for tap in Swift.stride(from: 2, to: count, by: 2) {
                Resampler.add(
                    row(tap),
                    weights[first + tap],
                    row(tap + 1),
                    weights[first + tap + 1],
                    to: sums,
                    width
                )
            }
            for index in 0..<width { line[index] = Float(sums[index]) * 0x1p-8 }
            combineColumns(line, from: job.columns.lowerBound, to: output, job.outputWidth)
            write(y, UnsafePointer(output))
        }
    }

    /// sums = first · its weight + second · its weight.
    ///
    /// Weights add up to at most 256, so that sums fit in 16 bits, for which processors have more
    /// lanes and a faster multiplication than for 32.
    private static func sum(
        _ first: UnsafePointer<UInt8>,
        _ firstWeight: UInt16,
        _ second: UnsafePointer<UInt8>,
        _ secondWeight: UInt16,
        _ sums: UnsafeMutablePointer<UInt16>,
        _ count: Int
    ) {
        for index in 0..<count {
            sums[index] =
                UInt16(first[index]) &* firstWeight &+ UInt16(second[index]) &* secondWeight
        }
    }

    /// The same, added to `sums`.
    private static func add(
        _ first: UnsafePointer<UInt8>,
        _ firstWeight: UInt16,
        _ second: UnsafePointer<UInt8>,
        _ secondWeight: UInt16,
        to sums: UnsafeMutablePointer<UInt16>,
        _ count: Int
    ) {
        for index in 0..<count {
            let both =
                UInt16(first[index]) &* firstWeight &+ UInt16(second[index]) &* secondWeight
            sums[index] = sums[index] &+ both
        }
    }

    /// Combines the columns of one row; `line` begins with column `first`.
    private func combineColumns(
        _ line: UnsafePointer<Float>,
        from first: Int,
        to output: UnsafeMutablePointer<SIMD4<Float>>,
        _ count: Int
    ) {
        let stride = columns.stride
        columns.starts.withUnsafeBufferPointer { starts in
            columns.counts.withUnsafeBufferPointer { counts in
                columns.weights.withUnsafeBufferPointer { weights in
                    for x in 0..<count {
                        var pixel = UnsafeRawPointer(line + 3 * (Int(starts[x]) - first))
                        var sum = SIMD4<Float>()
                        for tap in x * stride..<x * stride + Int(counts[x]) {
                            sum += weights[tap] * pixel.loadUnaligned(as: SIMD4<Float>.self)
                            pixel += 12
                        }
                        output[x] = sum
                    }
                }
            }
        }
    }
}

/// For each output position along one axis, the input positions that it is made of and how much
/// each of them counts.
struct FilterTaps {
    /// First input position of each output position; never decreases.
    private(set) var starts: [Int32] = []
    /// Number of input positions of each.
    private(set) var counts: [Int32] = []
    /// Weights, `stride` of them for each output position; the used ones add up to 1.
    private(set) var weights: [Float] = []
    /// The same in units of 1/256, rounded so that they add up to 256.
    private(set) var fixed: [UInt16] = []
    /// Room for weights of one output position.
    private(set) var stride = 0

    /// Input positions that any output position needs.
    var span: Range<Int> {
        guard let first = starts.first, let start = starts.last, let count = counts.last else {
            return 0..<0
        }
        return Int(first)..<Int(start + count)
    }

    /// Computes the taps of `outputs` positions spread over `low` ..< `high` of the input axis.
    ///
    /// No tap leaves `low` ..< `high`, rounded outwards to whole positions, or `bounds`.
    mutating func compute(
        outputs: Int,
        low: Double,
        high: Double,
        bounds: Range<Int>,
        filter: SamplePlan.Filter
    ) {
        let scale = (high - low) / Double(outputs)
        let first = min(max(Int(low.rounded(.down)), bounds.lowerBound), bounds.upperBound - 1)
        let last = min(max(Int(high.rounded(.up)), first + 1), bounds.upperBound)
        let radius = filter == .antialiased ? max(scale, 1) : 1
        stride = Int((2 * radius).rounded(.up)) + 2
        starts.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
        weights.removeAll(keepingCapacity: true)
        for output in 0..<outputs {
            let centre = low + (Double(output) + 0.5) * scale
            append(centre: centre, radius: radius, first: first, last: last)
        }
        fix()
    }

    /// A triangle of `radius` around `centre`, cut off at `first` ..< `last`.
    ///
    /// With a radius of 1 these are the two nearest positions, whatever the reduction.
    private mutating func append(centre: Double, radius: Double, first: Int, last: Int) {
        let centre = min(max(centre, Double(first) + 0.5), Double(last) - 0.5)
        let begin = max(Int((centre - radius + 0.5).rounded(.down)), first)
        let end = min(Int((centre + radius + 0.5).rounded(.down)), last)
        let row = weights.count
        var sum = 0.0
        for position in begin..<max(end, begin + 1) {
            let weight = max(1 - abs(Double(position) + 0.5 - centre) / radius, 0)
            weights.append(Float(weight))
            sum += weight
        }
        starts.append(Int32(begin))
        counts.append(Int32(weights.count - row))
        for index in row..<weights.count { weights[index] /= Float(sum) }
        while weights.count < row + stride { weights.append(0) }
    }

    /// Rounds the running sums of the weights, so that what one loses the next gains.
    private mutating func fix() {
        fixed.removeAll(keepingCapacity: true)
        for row in Swift.stride(from: 0, to: weights.count, by: stride) {
            var sum: Float = 0
            var before = 0
            for index in row..<row + stride {
                sum += weights[index] * 256
                let rounded = min(Int(sum.rounded()), 256)
                fixed.append(UInt16(rounded - before))
                before = rounded
            }
        }
    }
}

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
