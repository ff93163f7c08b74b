/// What a pickle builds.
///
/// Composite values are places in a `PickleHeap`, so that values that hold one
/// another, or lie a million levels deep, cost neither memory nor stack.
enum PickleValue {
    case none
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case tuple(Int)
    case list(Int)
    case dictionary(Int)
    /// A class or function that the pickle names; it is never looked up.
    case global(Int)
    /// What a class or function that is not known would have made; nothing but its name.
    case object(Int)
    case storage(Int)
    case tensor(Int)
    /// What is read over, such as bytes.
    case other(String)
}

/// The memory of a tensor as a pickle describes it.
struct PickledStorage {
    /// Its name among the members of the archive, or among the storages that follow the pickle.
    let key: String
    /// Type of its elements; nil = one that is not known, or bytes that each tensor tells the type of.
    let dtype: ElementType?
    /// The type in PyTorch's word.
    let type: String
    /// Number of elements.
    let count: Int
    /// Elements of the storage before it, where it is a part of one.
    var offset = 0
}

/// A view of a storage.
struct PickledTensor {
    let storage: PickledStorage
    /// Type of its elements; nil = one that is not read.
    let dtype: ElementType?
    /// The type in PyTorch's word.
    let type: String
    /// The first element, counted from the begin of the storage.
    let offset: Int
    let shape: [Int]
    let strides: [Int]
}

/// The composite values of a pickle.
struct PickleHeap {
    var tuples: [[PickleValue]] = []
    var lists: [[PickleValue]] = []
    var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
    var globals: [String] = []
    var objects: [String] = []
    var storages: [PickledStorage] = []
    var tensors: [PickledTensor] = []

    mutating func tuple(_ values: [PickleValue]) -> PickleValue {
        tuples.append(values)
        return .tuple(tuples.count - 1)
    }

    mutating func list(_ values: [PickleValue]) -> PickleValue {
        lists.append(values)
        return .list(lists.count - 1)
    }

    mutating func dictionary(_ pairs: [(key: PickleValue, value: PickleValue)] = []) -> PickleValue
    {
        dictionaries.append(pairs)
        return .dictionary(dictionaries.count - 1)
    }

    mutating func object(_ name: String) -> PickleValue {
        objects.append(name)
        return .object(objects.count - 1)
    }

    mutating func tensor(_ tensor: PickledTensor) -> PickleValue {
        tensors.append(tensor)
        return .tensor(tensors.count - 1)
    }

    /// The members of a tuple or list.
    func items(_ value: PickleValue) -> [PickleValue]? {
        switch value {
        case .tuple(let place): tuples[place]
        case .list(let place): lists[place]
        default: nil
        }
    }

    /// A tuple or list of whole numbers from 0 up.
    func extents(_ value: PickleValue) -> [Int]? {
        guard let items = items(value) else { return nil }
        let numbers = items.compactMap { item -> Int? in
            guard case .integer(let number) = item, number >= 0 else { return nil }
            return number
        }
        return numbers.count == items.count ? numbers : nil
    }

    /// The name of a class or function.
    func name(_ value: PickleValue) -> String? {
        guard case .global(let place) = value else { return nil }
        return globals[place]
    }

    /// What a value is, in words.
    func kind(_ value: PickleValue) -> String {
        switch value {
        case .none: "None"
        case .boolean: "a truth value"
        case .integer, .number: "a number"
        case .text: "a text"
        case .tuple(let place): "a tuple of \(tuples[place].count)"
        case .list(let place): "a list of \(lists[place].count)"
        case .dictionary(let place): "a dictionary of \(dictionaries[place].count)"
        case .global(let place): globals[place]
        case .object(let place): "an object of \(objects[place])"
        case .storage: "a storage without a tensor"
        case .tensor(let place): "a tensor of \(tensors[place].type)"
        case .other(let kind): kind
        }
    }
}
