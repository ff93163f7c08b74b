import Files
public import Networks

extension CheckpointFile {
    /// The network that the weights are of: what was asked for or what the file says, else the one whose
    /// tensors they are.
    ///
    /// - Parameters:
    ///   - asked: the network that was asked for; nil = none was.
    ///   - imageSize: side of the photos that was asked for; some networks have a layer that grows with it.
    ///   - ignoreSurplus: tensors may be left over.
    ///   - notes: gets a line where it was told by the tensors, or is another than the file says.
    /// - Throws: `TrainingError.checkpoint` where a checkpoint of this program is of another network,
    ///   `TrainingError.usage` where the tensors do not tell.
    public func network(
        asked: Architecture?,
        imageSize: Int?,
        ignoreSurplus: Bool,
        _ notes: inout [String]
    ) throws -> Architecture {
        if let said = claims.architecture {
            guard let asked, asked != said else { return said }
            guard metadata == nil else {
                throw TrainingError.checkpoint(
                    "\(path.shown) holds a \(said.rawValue), not a \(asked.rawValue); leave out --model"
                )
            }
            notes.append(
                "\(path.shown) says it is a \(said.rawValue); --model \(asked.rawValue) is taken"
            )
            return asked
        }
        if let asked { return asked }
        let fitting = names.fitting(
            imageSize: imageSize ?? claims.imageSize ?? 224,
            ignoreSurplus: ignoreSurplus
        )
        guard let model = fitting.first, fitting.count == 1 || ignoreSurplus else {
            let tell =
                fitting.isEmpty
                ? "its tensors are not those of any network here"
                : "its tensors are those of \(fitting.map(\.rawValue).joined(separator: " and "))"
            throw TrainingError.usage(
                "\(path.shown) does not say which network it is of, and \(tell); give --model, "
                    + "one of " + Architecture.allCases.map(\.rawValue).joined(separator: ", ")
            )
        }
        notes.append(
            "\(path.shown) does not name its network; its tensors are those of \(model.rawValue)"
        )
        return model
    }
}
