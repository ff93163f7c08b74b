import Files
public import Networks
import TensorFiles
import Tensors

extension CheckpointFile {
    /// Copies weights and running statistics into `store`: all of them that the network has, and all that
    /// the file has, but for last layers.
    ///
    /// - Parameters:
    ///   - average: take the running average of weights where the file has one.
    ///   - head: what becomes of the last layer.
    ///   - ignoreSurplus: leave out tensors that the network has no place for, instead of refusing them.
    /// - Throws: `TrainingError.checkpoint` where a tensor is missing, is surplus, has another shape, or
    ///   holds values that are not finite; `FileError` where the file cannot be read.
    @discardableResult
    public func load(
        into store: ParameterStore,
        average: Bool,
        head: HeadRule = .required,
        ignoreSurplus: Bool = false
    ) throws -> WeightsReport {
        var report = WeightsReport()
        report.notes = notes
        let table = store.table
        report.kept = kept(table, head, &report.notes).map(\.name)
        let kept = Set(report.kept)
        var chosen: [(parameter: Parameter, entry: TensorEntry)] = []
        for parameter in table.parameters where !kept.contains(parameter.name) {
            let entry = average ? averages["ema." + parameter.name] : nil
            chosen.append(
                (parameter, try fitting(entry ?? names[parameter.name], parameter, table))
            )
        }
        try settleSurplus(table, ignore: ignoreSurplus, &report)
        for (parameter, entry) in chosen { try copy(entry, to: parameter, of: store) }
        // Few photos leave most directions of a random head as they were drawn, and what it says of new ones
        // is noise; a head of zeros has no such directions.
        for parameter in table.parameters where parameter.isHead && kept.contains(parameter.name) {
            store.write(parameter, Array(repeating: 0, count: parameter.range.count))
        }
        for type in [ElementType.f16, .bf16, .f64] {
            let count = chosen.count { $0.entry.dtype == type }
            guard count > 0 else { continue }
            report.notes.append(
                "\(path.shown): \(count) tensors of \(type.rawValue) are converted to single precision"
            )
        }
        return report
    }

    /// Copies the optimizer's state called `prefix` into the flat buffer `whole`.
    func loadState(
        _ prefix: String,
        of store: ParameterStore,
        into whole: UnsafeMutablePointer<Float>
    ) throws {
        for parameter in store.parameters where parameter.isTrainable {
            guard let entry = file.entry(named: prefix + parameter.name),
                entry.shape == parameter.shape
            else {
                throw TrainingError.checkpoint(
                    "\(path.shown) lacks \(prefix)\(parameter.name): it cannot be resumed with these "
                        + "settings; resume without changing --optimizer, --momentum and --ema"
                )
            }
            store.write(parameter, try floats(entry), to: whole)
        }
    }

    /// The parameters that stay as they are, which is noted: none, or the last layer, or the part of the
    /// network that ends with it where the file is a trunk without that part.
    private func kept(
        _ table: ParameterTable,
        _ rule: HeadRule,
        _ notes: inout [String]
    ) -> [Parameter] {
        let head = names.head(of: table)
        let own = head.last?.shape.first ?? 0
        let reason: String
        switch rule {
        case .required: return []
        case .unused: return head
        case .kept(let why): reason = why
        case .ifItFits:
            if head.allSatisfy({ names[$0.name]?.shape == $0.shape }) { return [] }
            if let classes = names.classes, classes != own {
                reason = "has a head for other classes, \(classes) instead of \(own)"
            } else {
                reason = "has no head that fits"
            }
        }
        let zero = head.filter(\.isHead).map(\.name).joined(separator: ", ")
        let drawn = head.filter { !$0.isHead }.map(\.name).joined(separator: ", ")
        notes.append(
            "\(path.shown) \(reason): \(zero) start at zero"
                + (drawn.isEmpty ? "" : ", \(drawn) at random")
        )
        return head
    }

    /// The tensor for `parameter`, if it is one of floats of the same shape.
    private func fitting(
        _ entry: TensorEntry?,
        _ parameter: Parameter,
        _ table: ParameterTable
    ) throws -> TensorEntry {
        guard let entry else {
            let name = names.prefix + parameter.name
            if let other = file.others.first(where: { $0.name == name }) {
                throw TrainingError.checkpoint(
                    "\(path.shown): \(name.shown) is \(other.kind.shown), not a tensor of numbers in a row; "
                        + "save the network's state_dict() in Python"
                )
            }
            throw TrainingError.checkpoint(
                "\(path.shown) has no tensor \(parameter.name): it is a checkpoint of another model; "
                    + advice(table)
            )
        }
        guard entry.shape == parameter.shape else {
            throw TrainingError.checkpoint(
                "\(path.shown): \(entry.name.shown) has shape \(entry.shape), the model needs "
                    + "\(parameter.shape): another model or another number of classes; "
                    + advice(table)
            )
        }
        return entry
    }

    /// Refuses, or notes, what the network has no place for.
    private func settleSurplus(
        _ table: ParameterTable,
        ignore: Bool,
        _ report: inout WeightsReport
    ) throws {
        let surplus = names.surplus(beside: table)
        if !surplus.head.isEmpty {
            report.notes.append("\(path.shown): not used is its head, \(listed(surplus.head))")
        }
        if !surplus.trunk.isEmpty {
            guard ignore else {
                throw TrainingError.checkpoint(
                    "\(path.shown): the model has no place for \(surplus.trunk.count) of its tensors, "
                        + "\(listed(surplus.trunk)); \(advice(table)), or leave them out with "
                        + "--ignore-surplus"
                )
            }
            report.notes.append(
                "\(path.shown): left out are \(surplus.trunk.count) tensors, \(listed(surplus.trunk))"
            )
        }
        guard !file.others.isEmpty else { return }
        let others = file.others.map { "\($0.name.shown) (\($0.kind.shown))" }
        report.notes.append("\(path.shown): not read, for they are no tensors: \(listed(others))")
    }

    /// The first few of some names.
    private func listed(_ names: [String]) -> String {
        let first = names.prefix(3).map(\.shown).joined(separator: ", ")
        return names.count > 3 ? "the first \(first)" : first
    }

    /// Which network would do.
    private func advice(_ table: ParameterTable) -> String {
        let fits = names.fitting(imageSize: claims.imageSize ?? 224).map(\.rawValue)
        return fits.isEmpty
            ? "choose the right --model"
            : "it fits \(fits.joined(separator: " and ")): give --model \(fits[0])"
    }

    private func copy(
        _ entry: TensorEntry,
        to parameter: Parameter,
        of store: ParameterStore
    ) throws {
        let values = try floats(entry)
        let sum = values.withUnsafeBufferPointer { values in
            values.baseAddress.map { sumOfSquares($0, values.count) } ?? 0
        }
        if !sum.isFinite, let place = values.firstIndex(where: { !$0.isFinite }) {
            let count = values.count { !$0.isFinite }
            throw TrainingError.checkpoint(
                "\(path.shown): \(entry.name.shown) holds \(values[place]) at element \(place)"
                    + (count > 1 ? " and \(count) values in all that are no numbers" : "")
                    + "; use weights from before the training diverged"
            )
        }
        if parameter.name.hasSuffix(".running_var"), let least = values.min(), least < 0 {
            throw TrainingError.checkpoint(
                "\(path.shown): \(entry.name.shown) holds the negative variance \(least); use another file"
            )
        }
        store.write(parameter, values)
    }

    private func floats(_ entry: TensorEntry) throws -> [Float] {
        do {
            return try file.floats(entry)
        } catch let error as TensorFileError {
            throw TrainingError.checkpoint(error.description)
        }
    }
}

/// What was made of a file of weights, for the user to know.
public struct WeightsReport: Codable, Sendable, Equatable {
    /// Names of the parameters that were left as they are.
    public internal(set) var kept: [String] = []
    /// What was taken off, converted, replaced or left out, a line each.
    public internal(set) var notes: [String] = []
}

/// What becomes of a network's last layer when weights are read.
public enum HeadRule: Sendable, Equatable {
    /// The file must have one that fits.
    case required
    /// It is read where it fits; else it stays as it is.
    case ifItFits
    /// It stays as it is, since nothing goes through it.
    case unused
    /// It stays as it is, for the reason given.
    case kept(String)
}
