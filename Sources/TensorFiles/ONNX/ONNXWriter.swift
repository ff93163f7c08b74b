import Files

/// Writes a model, the elements of its tensors one after the other in the order announced.
///
/// The file appears under its name only in `finish`, whole and on the disk. A protocol buffer holds less than 2 GiB:
/// the elements of larger models lie in a second file beside it, called as the first and `.data`, which appears
/// just before it.
public final class ONNXWriter {
    /// The most bytes that a model takes as one file.
    public static let largestFile = Int(Int32.max)
    /// Tensors of fewer bytes stay in the model: a page of the second file for each would be waste.
    private static let smallest = 1024
    /// What places in the second file are multiples of, so that it can be mapped into memory.
    private static let page = 4096

    /// The files that are written, the model first.
    public let paths: [String]
    private let model: OutputFile
    private let data: OutputFile?
    private let pieces: [Piece]
    private var next = 0
    private var dataEnd = 0

    /// A tensor to come.
    private struct Piece {
        let tensor: ONNXModel.Tensor
        /// What stands before its elements, or in their place where they lie in the second file.
        let head: ProtobufMessage
        /// Where its elements begin in the second file; nil = they follow the head.
        let offset: Int?
        /// Bytes that it takes in the model.
        let count: Int

        init(_ tensor: ONNXModel.Tensor, in file: String?, at offset: Int?) {
            self.tensor = tensor
            self.offset = offset
            let place = file.flatMap { file in offset.map { (file, $0) } }
            var own = ONNXModel.message(tensor, place: place)
            let elements = place == nil ? tensor.byteCount : 0
            if place == nil { own.begin(ONNXModel.elementsField, count: elements) }
            var head = ProtobufMessage()
            head.begin(ONNXModel.tensorField, count: own.bytes.count + elements)
            head.append(own)
            self.head = head
            count = head.bytes.count + elements
        }
    }

    /// Begins the file with all that is not elements.
    ///
    /// - Parameters:
    ///   - path: the file; the name of a second one is derived from it.
    ///   - limit: the most bytes that the model may take as one file; 0 = there are always two.
    /// - Throws: `FileError` where the folder cannot be written to.
    public init(path: String, _ description: ONNXModel, limit: Int = ONNXWriter.largestFile) throws
    {
        let graph = description.graph
        var header = description.header
        func size(_ pieces: [Piece]) -> Int { pieces.reduce(graph.bytes.count) { $0 + $1.count } }
        var pieces = description.tensors.map { Piece($0, in: nil, at: nil) }
        // Twenty bytes are more than the field of the graph begins with.
        let isWhole = header.bytes.count + size(pieces) + 20 <= min(limit, ONNXWriter.largestFile)
        let second = path + ".data"
        if !isWhole {
            var end = 0
            pieces = description.tensors.map { tensor in
                guard tensor.byteCount >= ONNXWriter.smallest else {
                    return Piece(tensor, in: nil, at: nil)
                }
                let offset = (end + ONNXWriter.page - 1) / ONNXWriter.page * ONNXWriter.page
                end = offset + tensor.byteCount
                return Piece(tensor, in: Path.name(of: second), at: offset)
            }
        }
        self.pieces = pieces
        paths = isWhole ? [path] : [path, second]
        data = isWhole ? nil : try OutputFile(second)
        model = try OutputFile(path)
        header.begin(ONNXModel.graphField, count: size(pieces))
        try header.bytes.withUnsafeBytes(model.write)
        try graph.bytes.withUnsafeBytes(model.write)
    }

    /// Writes the elements of the next tensor, in pieces.
    ///
    /// - Parameter body: calls its argument with one piece after another.
    public func write(_ body: (_ write: (UnsafeBufferPointer<Float>) throws -> Void) throws -> Void)
        throws
    {
        precondition(next < pieces.count, "a tensor that was not announced")
        let piece = pieces[next]
        try piece.head.bytes.withUnsafeBytes(model.write)
        var target = model
        if let offset = piece.offset, let data {
            target = data
            let gap = [UInt8](repeating: 0, count: offset - dataEnd)
            try gap.withUnsafeBytes(data.write)
            dataEnd = offset + piece.tensor.byteCount
        }
        var written = 0
        try body { values in
            written += values.count * MemoryLayout<Float>.size
            try target.write(UnsafeRawBufferPointer(values))
        }
        precondition(written == piece.tensor.byteCount, "the pieces are not the whole tensor")
        next += 1
    }

    /// Ends the files: they are synced and get their names, the model last, so that what it refers to is there.
    public func finish() throws {
        precondition(next == pieces.count, "a tensor that was announced is missing")
        try data?.finish()
        try model.finish()
    }
}
