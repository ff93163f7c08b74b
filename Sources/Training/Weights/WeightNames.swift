import Files
import Networks
import TensorFiles

/// The tensors of a file under the names that the networks here give them.
///
/// Programs wrap networks, and a wrapper puts its name before those of the tensors: `module.` of
/// DataParallel, `_orig_mod.` of torch.compile, `model.` of Lightning, `backbone.` of detectors. What
/// stands before the name of a network's first convolution is taken off.
struct WeightNames {
    /// What stands before the names in the file.
    let prefix: String
    /// The tensors of the network by their names without the prefix.
    private let tensors: [String: TensorEntry]
    /// Names without the prefix, in the order of the file.
    private let ordered: [String]
    /// Names of tensors that lack the prefix.
    private let outside: [String]

    /// The tensors of each network here, for some number of classes and the smallest photos.
    private static let tables = Architecture.allCases.map { architecture in
        ModelDescription(
            architecture: architecture,
            classes: 2,
            imageSize: architecture.smallestImage
        ).parameterTable()
    }
    /// The first tensor of each network, and another that tells it from one of that name inside a block: the
    /// first within a block, or the second of all.
    private static let anchors: [(String, String)] = tables.compactMap { table in
        let names = table.parameters.filter { !$0.isHead }.map(\.name)
        func depth(_ name: String) -> Int { name.split(separator: ".").count }
        guard let first = names.first, let next = names.dropFirst().first else { return nil }
        return (first, names.first { depth($0) > depth(first) } ?? next)
    }
    /// Names of wrappers; they decide where several prefixes would do.
    private static let wrappers: Set<Substring> = ["module", "_orig_mod", "model", "backbone"]
    /// First parts of names that other programs give to a last layer.
    private static let heads: Set<Substring> = [
        "fc", "head", "heads", "classifier", "last_linear", "linear",
    ]
    /// The weights of the last layers here, of which the first dimension is the classes, and the names of all
    /// other tensors of their networks.
    private static let headWeights: [(name: String, trunk: Set<String>)] = tables.compactMap {
        table in
        guard let head = table.parameters.first(where: { $0.isHead && $0.shape.count > 1 }) else {
            return nil
        }
        return (head.name, Set(table.parameters.filter { !$0.isHead }.map(\.name)))
    }

    /// Looks through the names of the tensors in `entries`, which are unlike.
    ///
    /// Throws where the file holds several networks.
    init(_ entries: [TensorEntry], of path: String) throws {
        prefix = try WeightNames.prefix(Set(entries.map(\.name)), path)
        var tensors: [String: TensorEntry] = [:]
        var ordered: [String] = []
        var outside: [String] = []
        for entry in entries {
            if entry.name.hasPrefix(prefix) {
                let name = String(entry.name.dropFirst(prefix.count))
                tensors[name] = entry
                ordered.append(name)
            } else {
                outside.append(entry.name)
            }
        }
        self.tensors = tensors
        self.ordered = ordered
        self.outside = outside
    }

    private static func prefix(_ names: Set<String>, _ path: String) throws -> String {
        var found = Set<String>()
        for (first, second) in anchors {
            if names.contains(first) { return "" }
            for name in names where name.hasSuffix("." + first) {
                let prefix = String(name.dropLast(first.count))
                if names.contains(prefix + second) { found.insert(prefix) }
            }
        }
        guard found.count > 1 else { return found.first ?? "" }
        let known = found.filter { $0.split(separator: ".").allSatisfy(wrappers.contains) }
        if known.count == 1, let only = known.first { return only }
        throw TrainingError.checkpoint(
            "\(path.shown) holds several networks, whose names begin with "
                + found.sorted().map { "'\($0.shown)'" }.joined(separator: ", ")
                + "; save the tensors of one of them"
        )
    }

    /// The tensor called `name` in the networks here.
    subscript(name: String) -> TensorEntry? { tensors[name] }

    /// Number of classes of the last layer; nil where there is none.
    ///
    /// What is the last layer of one network stands in the middle of another, as `classifier.3` of MobileNetV3
    /// does in VGG: networks whose other tensors are all there decide, where there are any.
    var classes: Int? {
        let known = WeightNames.headWeights.filter { $0.trunk.allSatisfy { tensors[$0] != nil } }
        return (known.isEmpty ? WeightNames.headWeights : known).lazy
            .compactMap { tensors[$0.name]?.shape.first }.first
    }

    /// Names of tensors that a network has no place for.
    struct Surplus {
        /// Those of other layers.
        var trunk: [String] = []
        /// Those of a last layer of another name.
        var head: [String] = []
    }

    /// What is left over when the tensors of `table` are taken.
    func surplus(beside table: ParameterTable) -> Surplus {
        let counters = table.batchNorms.map { $0 + ".num_batches_tracked" }
        let used = Set(table.parameters.map(\.name) + counters)
        let parts = Set(
            table.parameters.filter { !$0.isHead }.compactMap {
                $0.name.split(separator: ".").first
            }
        )
        var surplus = Surplus()
        for name in ordered where !used.contains(name) {
            let part = name.split(separator: ".").first ?? ""
            if WeightNames.heads.contains(part), !parts.contains(part) {
                surplus.head.append(name)
            } else {
                surplus.trunk.append(name)
            }
        }
        // What torch.optim.swa_utils counts beside the averaged network.
        surplus.trunk += outside.filter { $0 != "n_averaged" }
        return surplus
    }

    /// The parameters of the last layer in `table`, and where the file has nothing of the part of the network
    /// that ends with it, such as torchvision's `classifier`, all of that part.
    func head(of table: ParameterTable) -> [Parameter] {
        let head = table.parameters.filter(\.isHead)
        guard let part = head.first?.name.split(separator: ".").first,
            !ordered.contains(where: { $0.split(separator: ".").first == part })
        else { return head }
        return table.parameters.filter { $0.name.split(separator: ".").first == part }
    }

    /// The networks here that have a place for each of the tensors, and no other places but a last layer.
    ///
    /// - Parameters:
    ///   - imageSize: side of the photos; some networks have a layer that grows with them.
    ///   - ignoreSurplus: tensors may be left over; the network that leaves fewest comes first then.
    func fitting(imageSize: Int, ignoreSurplus: Bool = false) -> [Architecture] {
        var found: [(network: Architecture, surplus: Int)] = []
        for architecture in Architecture.allCases {
            let table = ModelDescription(
                architecture: architecture,
                classes: classes ?? 1000,
                imageSize: max(imageSize, architecture.smallestImage)
            ).parameterTable()
            let head = Set(head(of: table).map(\.name))
            let fits = table.parameters.allSatisfy { parameter in
                self[parameter.name].map { $0.shape == parameter.shape }
                    ?? head.contains(parameter.name)
            }
            let surplus = surplus(beside: table).trunk.count
            guard fits, surplus == 0 || ignoreSurplus else { continue }
            found.append((architecture, surplus))
        }
        guard let least = found.map(\.surplus).min() else { return [] }
        return found.filter { $0.surplus == least }.map(\.network)
    }
}
