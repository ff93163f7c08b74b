/// Reads Python's pickles, protocols 0 to 5, and builds numbers, texts, tuples, lists, dictionaries and
/// tensors of them; nothing else is ever made.
///
/// A pickle is a program for a small stack machine that may call any function of Python. Here the calls
/// that PyTorch writes are known by name and answered by `TorchCalls`; all others make an object that is
/// nothing but the name of what was called. (Opcodes: CPython, Lib/pickletools.py.)
struct Unpickler {
    /// Operations that are carried out at most: each may take some tens of bytes of memory.
    private static let maximumOperations = 20_000_000

    var heap = PickleHeap()
    private var reader: ByteReader
    private var stack: [PickleValue] = []
    /// Heights of the stack at the open marks.
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    private var operations = 0

    /// Reads pickles from `reader`.
    init(_ reader: ByteReader) { self.reader = reader }

    /// Byte of the file that follows what was read.
    var place: Int { reader.place }

    /// Reads one pickle.
    mutating func load() throws -> PickleValue {
        stack = []
        marks = []
        memo = [:]
        while true {
            operations += 1
            guard operations <= Unpickler.maximumOperations else {
                throw Refusal("its pickle has more than \(Unpickler.maximumOperations) operations")
            }
            let code = try reader.byte()
            if code == UInt8(ascii: ".") { return try pop() }
            try run(Unicode.Scalar(code))
        }
    }

    private mutating func run(_ code: Unicode.Scalar) throws {
        switch code {
        case "\u{80}": try reader.skip(1)
        case "\u{95}": try reader.skip(8)
        // The stack.
        case "(": marks.append(stack.count)
        case "0": _ = try pop()
        case "1": _ = try popToMark()
        case "2": push(try top())
        // Numbers.
        case "N": push(.none)
        case "\u{88}": push(.boolean(true))
        case "\u{89}": push(.boolean(false))
        case "K": push(.integer(Int(try reader.unsigned(1))))
        case "M": push(.integer(Int(try reader.unsigned(2))))
        case "J": push(.integer(Int(Int32(truncatingIfNeeded: try reader.unsigned(4)))))
        case "\u{8A}": try pushLong(Int(reader.unsigned(1)))
        case "\u{8B}": try pushLong(reader.length(4))
        case "I", "L": push(Unpickler.integer(try reader.line()))
        case "F": push(.number(Double(try reader.line()) ?? .nan))
        case "G":
            let bits = try reader.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            push(.number(Double(bitPattern: bits)))
        // Texts and bytes.
        case "S": push(.text(String(try reader.line().dropFirst().dropLast())))
        case "V": push(.text(try reader.line()))
        case "T", "X": try pushText(reader.length(4))
        case "U", "\u{8C}": try pushText(reader.length(1))
        case "\u{8D}": try pushText(reader.length(8))
        case "B": try pushBytes(reader.length(4))
        case "C": try pushBytes(reader.length(1))
        case "\u{8E}", "\u{96}": try pushBytes(reader.length(8))
        default: try runComposite(code)
        }
    }

    private mutating func runComposite(_ code: Unicode.Scalar) throws {
        switch code {
        case ")": push(heap.tuple([]))
        case "t": push(heap.tuple(try popToMark()))
        case "\u{85}": push(heap.tuple(try pop(1)))
        case "\u{86}": push(heap.tuple(try pop(2)))
        case "\u{87}": push(heap.tuple(try pop(3)))
        // Sets are read as lists: their members do not matter.
        case "]", "\u{8F}": push(heap.list([]))
        case "l", "\u{91}": push(heap.list(try popToMark()))
        case "a": try append(try pop(1))
        case "e", "\u{90}": try append(try popToMark())
        case "}": push(heap.dictionary())
        case "d":
            let items = try popToMark()
            push(heap.dictionary())
            try set(items)
        case "s": try set(try pop(2))
        case "u": try set(try popToMark())
        default: try runReference(code)
        }
    }

    private mutating func runReference(_ code: Unicode.Scalar) throws {
        switch code {
        // What was there before.
        case "p": try remember(Unpickler.number(try reader.line()))
        case "q": try remember(Int(reader.unsigned(1)))
        case "r": try remember(Int(reader.unsigned(4)))
        case "\u{94}": try remember(memo.count)
        case "g": try recall(Unpickler.number(try reader.line()))
        case "h": try recall(Int(reader.unsigned(1)))
        case "j": try recall(Int(reader.unsigned(4)))
        // Names and calls.
        case "c":
            let module = try reader.line()
            pushGlobal(module, try reader.line())
        case "\u{93}":
            let names = try pop(2)
            guard case .text(let module) = names[0], case .text(let name) = names[1] else {
                throw Unpickler.damaged
            }
            pushGlobal(module, name)
        case "R", "\u{81}":
            let parts = try pop(2)
            push(try call(parts[0], heap.items(parts[1]) ?? []))
        case "\u{92}":
            let parts = try pop(3)
            push(try call(parts[0], heap.items(parts[1]) ?? []))
        case "i":
            let module = try reader.line()
            pushGlobal(module, try reader.line())
            let function = try pop()
            push(try call(function, try popToMark()))
        case "o":
            let parts = try popToMark()
            guard let function = parts.first else { throw Unpickler.damaged }
            push(try call(function, Array(parts.dropFirst())))
        // The state of an object, which is of no use here.
        case "b": _ = try pop()
        case "P": push(try persistent(.text(try reader.line())))
        case "Q": push(try persistent(try pop()))
        default:
            throw Refusal(
                "its pickle has the operation \(code.value) at byte \(reader.place - 1), "
                    + "which torch.save never writes"
            )
        }
    }

    static var damaged: Refusal { Refusal("its pickle is damaged") }

    // MARK: The stack

    private mutating func push(_ value: PickleValue) { stack.append(value) }

    private func top() throws -> PickleValue {
        guard let value = stack.last, stack.count > marks.last ?? 0 else { throw Unpickler.damaged }
        return value
    }

    private mutating func pop() throws -> PickleValue {
        let value = try top()
        stack.removeLast()
        return value
    }

    private mutating func pop(_ count: Int) throws -> [PickleValue] {
        guard stack.count - (marks.last ?? 0) >= count else { throw Unpickler.damaged }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    private mutating func popToMark() throws -> [PickleValue] {
        guard let mark = marks.popLast() else { throw Unpickler.damaged }
        defer { stack.removeLast(stack.count - mark) }
        return Array(stack[mark...])
    }

    private mutating func remember(_ place: Int) throws { memo[place] = try top() }

    private mutating func recall(_ place: Int) throws {
        guard let value = memo[place] else { throw Unpickler.damaged }
        push(value)
    }

    // MARK: Values

    private mutating func pushText(_ count: Int) throws {
        push(.text(String(decoding: try reader.bytes(count), as: UTF8.self)))
    }

    private mutating func pushBytes(_ count: Int) throws {
        try reader.skip(count)
        push(.other("bytes"))
    }

    /// A number in two's complement of any length, the least significant byte first.
    private mutating func pushLong(_ count: Int) throws {
        let bytes = try reader.bytes(count)
        guard bytes.count <= 8 else {
            // PyTorch's own mark is such a number; others are too large to count anything.
            push(.other("the number 0x" + bytes.reversed().map(Unpickler.hexadecimal).joined()))
            return
        }
        var number = UInt64(bitPattern: (bytes.last ?? 0) & 0x80 == 0 ? 0 : -1)
        for byte in bytes.reversed() { number = number << 8 | UInt64(byte) }
        push(.integer(Int(truncatingIfNeeded: number)))
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    private static func integer(_ line: String) -> PickleValue {
        switch line {
        case "00": .boolean(false)
        case "01": .boolean(true)
        default:
            Int(line.last == "L" ? line.dropLast() : line[...]).map { .integer($0) }
                ?? .other("a number")
        }
    }

    private static func number(_ line: String) throws -> Int {
        guard let number = Int(line), number >= 0 else { throw damaged }
        return number
    }

    private mutating func append(_ values: [PickleValue]) throws {
        guard case .list(let place) = try top() else { return }
        heap.lists[place] += values
    }

    private mutating func set(_ items: [PickleValue]) throws {
        guard items.count % 2 == 0 else { throw Unpickler.damaged }
        guard case .dictionary(let place) = try top() else { return }
        for index in stride(from: 0, to: items.count, by: 2) {
            heap.dictionaries[place].append((items[index], items[index + 1]))
        }
    }

    private mutating func pushGlobal(_ module: String, _ name: String) {
        heap.globals.append(module + "." + name)
        push(.global(heap.globals.count - 1))
    }
}
