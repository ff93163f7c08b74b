import Files

/// Finds the dictionary of named tensors in what a file of PyTorch holds.
struct TorchContents {
    private let heap: PickleHeap
    private let root: PickleValue
    /// For each dictionary, whether it holds tensors, or wrappers of a dictionary that does.
    private let leads: [Bool]

    /// Keys under which training programs put the weights, the running average of them first.
    private static let wrappers = [
        "state_dict_ema", "model_ema", "state_dict", "model_state_dict", "model",
    ]
    /// Dictionaries within one another that are opened.
    private static let deepest = 4
    private static let advice =
        "in Python, save the network's state_dict() with torch.save, or as safetensors"

    init(_ heap: PickleHeap, _ root: PickleValue) {
        self.heap = heap
        self.root = root
        var leads = heap.dictionaries.map { $0.contains { TorchContents.isTensor($0.value) } }
        for _ in 1..<TorchContents.deepest {
            leads = zip(leads, heap.dictionaries).map { known, pairs in
                known
                    || pairs.contains { key, value in
                        guard case .text(let key) = key, case .dictionary(let place) = value else {
                            return false
                        }
                        return TorchContents.wrappers.contains(key) && leads[place]
                    }
            }
        }
        self.leads = leads
    }

    /// The table of the file's tensors.
    ///
    /// - Parameter place: where the bytes of a storage lie in the file.
    func table(_ place: (PickledStorage) throws -> Range<Int>) throws -> TensorFile.Contents {
        var contents = TensorFile.Contents(entries: [])
        var pairs = try dictionary(root)
        for _ in 0..<TorchContents.deepest {
            guard let inner = inner(pairs) else { break }
            contents.wrappers.append(inner.key)
            contents.siblings += pairs.filter { $0.key != inner.key }.map {
                OtherContent(name: $0.key, kind: heap.kind($0.value))
            }
            pairs = try dictionary(inner.value)
        }
        guard pairs.contains(where: { TorchContents.isTensor($0.value) }) else {
            throw noTensors(pairs)
        }
        for (name, value) in pairs {
            guard case .tensor(let index) = value else {
                contents.others.append(OtherContent(name: name, kind: heap.kind(value)))
                continue
            }
            let tensor = heap.tensors[index]
            guard let dtype = tensor.dtype else {
                contents.others.append(OtherContent(name: name, kind: heap.kind(value)))
                continue
            }
            contents.entries.append(
                TensorEntry(
                    name: name,
                    dtype: dtype,
                    shape: tensor.shape,
                    strides: tensor.strides,
                    start: try start(of: tensor, dtype, name, place)
                )
            )
        }
        return contents
    }

    /// The first byte of a tensor in the file, all of which must be there.
    private func start(
        of tensor: PickledTensor,
        _ dtype: ElementType,
        _ name: String,
        _ place: (PickledStorage) throws -> Range<Int>
    ) throws -> Int {
        let bytes = try place(tensor.storage)
        guard !tensor.shape.contains(0) else { return bytes.lowerBound }
        let first = tensor.storage.offset + tensor.offset
        // That the view lies within the storage's elements was seen when it was made.
        let last = zip(tensor.shape, tensor.strides).reduce(first) { $0 + ($1.0 - 1) * $1.1 }
        guard last < bytes.count / dtype.size else {
            throw Refusal(
                "'\(name.shown)' reaches beyond its storage of \(bytes.count) bytes",
                advice: "download or copy it again"
            )
        }
        return bytes.lowerBound + first * dtype.size
    }

    /// The dictionary within one that holds the weights; nil where they lie in it itself.
    private func inner(_ pairs: [Pair]) -> Pair? {
        for wrapper in TorchContents.wrappers {
            if let found = pairs.last(where: { $0.key == wrapper }), leadsToTensors(found.value) {
                return found
            }
        }
        guard !pairs.contains(where: { TorchContents.isTensor($0.value) }) else { return nil }
        let others = pairs.filter { leadsToTensors($0.value) }
        return others.count == 1 ? others.first : nil
    }

    /// Whether a value is a dictionary of tensors, or of a wrapper of them.
    private func leadsToTensors(_ value: PickleValue) -> Bool {
        guard case .dictionary(let place) = value else { return false }
        return leads[place]
    }

    private typealias Pair = (key: String, value: PickleValue)

    /// The members of a dictionary; where a key is there twice, the last of them.
    private func dictionary(_ value: PickleValue) throws -> [Pair] {
        guard case .dictionary(let place) = value else { throw notADictionary(value) }
        var pairs: [Pair] = []
        var places: [String: Int] = [:]
        for (key, value) in heap.dictionaries[place] {
            let name: String
            switch key {
            case .text(let text): name = text
            case .integer(let number): name = String(number)
            default: continue
            }
            if let earlier = places.updateValue(pairs.count, forKey: name) {
                places[name] = earlier
                pairs[earlier].value = value
            } else {
                pairs.append((name, value))
            }
        }
        return pairs
    }

    private static func isTensor(_ value: PickleValue) -> Bool {
        if case .tensor = value { return true }
        return false
    }

    private func notADictionary(_ value: PickleValue) -> Refusal {
        switch value {
        case .object(let place):
            Refusal(
                "it holds a whole object of Python, \(heap.objects[place].shown), not a dictionary of "
                    + "tensors",
                advice: TorchContents.advice
            )
        case .tensor:
            Refusal("it holds a single tensor without a name", advice: TorchContents.advice)
        default:
            Refusal(
                "it holds \(heap.kind(value).shown), not a dictionary of tensors",
                advice: TorchContents.advice
            )
        }
    }

    /// Says what a dictionary without tensors holds.
    private func noTensors(_ pairs: [Pair]) -> Refusal {
        let dictionaries = pairs.filter { leadsToTensors($0.value) }.map { "'\($0.key.shown)'" }
        if !dictionaries.isEmpty {
            return Refusal(
                "it holds several dictionaries of tensors: " + listed(dictionaries),
                advice: "save the one that is meant with torch.save"
            )
        }
        let members = pairs.map { "'\($0.key.shown)' (\(heap.kind($0.value).shown))" }
        return Refusal(
            pairs.isEmpty
                ? "its dictionary is empty" : "it holds no tensors but " + listed(members),
            advice: TorchContents.advice
        )
    }

    private func listed(_ names: [String]) -> String {
        names.prefix(4).joined(separator: ", ")
            + (names.count > 4 ? " and \(names.count - 4) more" : "")
    }
}
