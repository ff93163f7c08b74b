import Files

/// The calls in a pickle that PyTorch's `torch.save` writes: what rebuilds tensors, and dictionaries that
/// keep an order (torch/_utils.py, torch/serialization.py).
extension Unpickler {
    /// What calling `function` would give; an object of that name where it is not known.
    mutating func call(_ function: PickleValue, _ arguments: [PickleValue]) throws -> PickleValue {
        guard let name = heap.name(function) else { return heap.object(heap.kind(function)) }
        switch name {
        case "collections.OrderedDict", "collections.defaultdict", "builtins.dict",
            "__builtin__.dict":
            return dictionary(arguments)
        case "torch.Size", "builtins.tuple", "__builtin__.tuple":
            return arguments.first.flatMap { heap.items($0) }.map { heap.tuple($0) }
                ?? heap.tuple([])
        case "builtins.list", "__builtin__.list", "builtins.set", "__builtin__.set":
            return heap.list(arguments.first.flatMap { heap.items($0) } ?? [])
        case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2":
            return try tensor(arguments, name)
        case "torch._utils._rebuild_tensor_v3":
            return try tensor(arguments, name, type: arguments.count > 6 ? arguments[6] : .none)
        case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
            return arguments.first ?? .none
        case "torch._tensor._rebuild_from_type_v2" where arguments.count >= 3:
            // A tensor with attributes: the function that makes it, its type, its arguments.
            guard let inner = heap.name(arguments[0]), inner != name else {
                throw Unpickler.damaged
            }
            return try call(arguments[0], heap.items(arguments[2]) ?? [])
        default:
            return heap.object(name)
        }
    }

    /// The storage that a persistent id stands for: ("storage", type, key, device, elements, view).
    mutating func persistent(_ id: PickleValue) throws -> PickleValue {
        let parts = heap.items(id) ?? []
        if parts.count > 1, case .text("module") = parts[0] { return parts[1] }
        guard parts.count >= 5, case .text("storage") = parts[0] else {
            return .other("something saved apart from the pickle")
        }
        guard let type = heap.name(parts[1]), case .text(let key) = parts[2],
            case .integer(let count) = parts[4], count >= 0
        else { throw Unpickler.damaged }
        var storage = PickledStorage(
            key: key,
            dtype: Unpickler.storages[String(type.split(separator: ".").last ?? "")],
            type: type,
            count: count
        )
        // Before PyTorch 0.4 a storage could be a part of another: (key, first element, elements).
        if parts.count > 5, let view = heap.items(parts[5]), view.count == 3,
            case .integer(let offset) = view[1], case .integer(let length) = view[2]
        {
            guard offset >= 0, length >= 0, offset <= count, length <= count - offset else {
                throw Unpickler.damaged
            }
            storage = PickledStorage(
                key: key,
                dtype: storage.dtype,
                type: type,
                count: length,
                offset: offset
            )
        }
        heap.storages.append(storage)
        return .storage(heap.storages.count - 1)
    }

    /// PyTorch's names of storages by the type of their elements.
    private static let storages: [String: ElementType] = [
        "FloatStorage": .f32, "DoubleStorage": .f64, "HalfStorage": .f16, "BFloat16Storage": .bf16,
        "LongStorage": .i64, "IntStorage": .i32, "ShortStorage": .i16, "CharStorage": .i8,
        "ByteStorage": .u8, "BoolStorage": .bool,
    ]

    private static let types: [String: ElementType] = [
        "torch.float32": .f32, "torch.float64": .f64, "torch.float16": .f16,
        "torch.bfloat16": .bf16,
        "torch.int64": .i64, "torch.int32": .i32, "torch.int16": .i16, "torch.int8": .i8,
        "torch.uint8": .u8, "torch.uint16": .u16, "torch.uint32": .u32, "torch.uint64": .u64,
        "torch.bool": .bool,
    ]

    private mutating func dictionary(_ arguments: [PickleValue]) -> PickleValue {
        // Python 2 gave an ordered dictionary its pairs, defaultdict has what makes its defaults.
        let pairs = arguments.first.flatMap { heap.items($0) } ?? []
        return heap.dictionary(
            pairs.compactMap { pair in
                guard let parts = heap.items(pair), parts.count == 2 else { return nil }
                return (parts[0], parts[1])
            }
        )
    }

    /// A tensor of (storage, first element, shape, strides, …).
    ///
    /// - Parameter type: the type of its elements, where the storage is one of bytes.
    private mutating func tensor(
        _ arguments: [PickleValue],
        _ function: String,
        type: PickleValue? = nil
    ) throws -> PickleValue {
        guard arguments.count >= 4, case .storage(let place) = arguments[0],
            case .integer(let offset) = arguments[1], offset >= 0,
            let shape = heap.extents(arguments[2]), let strides = heap.extents(arguments[3]),
            shape.count == strides.count
        else {
            throw Refusal(
                "its pickle has a \(function.shown) without a storage, a shape and strides"
            )
        }
        let storage = heap.storages[place]
        let name = type.flatMap { heap.name($0) } ?? storage.type
        let dtype = type == nil ? storage.dtype : Unpickler.types[name]
        guard elementCount(shape, size: dtype?.size ?? 1) != nil else {
            throw Refusal("a tensor in it has the shape \(shape), impossibly large")
        }
        if !shape.contains(0) {
            var last = offset
            for (extent, stride) in zip(shape, strides) {
                let (reach, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
                let (sum, overflow2) = last.addingReportingOverflow(reach)
                guard !overflow, !overflow2 else { throw Unpickler.damaged }
                last = sum
            }
            // The storage of a tensor that tells its own type is counted in bytes.
            let room = type == nil ? storage.count : storage.count / (dtype?.size ?? 1)
            guard last < room else {
                throw Refusal(
                    "a tensor in it, of shape \(shape) and strides \(strides), reaches beyond its "
                        + "storage of \(room) elements"
                )
            }
        }
        return heap.tensor(
            PickledTensor(
                storage: storage,
                dtype: dtype,
                type: name,
                offset: offset,
                shape: shape,
                strides: strides
            )
        )
    }
}
