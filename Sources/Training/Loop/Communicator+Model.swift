public import Distributed
public import Networks
public import Tensors

extension Communicator {
    /// Builds a network whose values the ranks of a node have in common; a collective call.
    ///
    /// - Parameters: as of a model, the same on all ranks.
    public func makeModel(
        _ description: ModelDescription,
        maximumBatch: Int,
        slices: Int = 1,
        purpose: Purpose,
        pool: ThreadPool,
        exact: Bool = false,
        reusesWeights: Bool = false
    ) throws -> (model: Model, values: NodeStorage) {
        let values = try makeNodeStorage(count: Model.valueCount(description, pool: pool))
        let model = Model(
            description,
            maximumBatch: maximumBatch,
            slices: slices,
            purpose: purpose,
            pool: pool,
            exact: exact,
            reusesWeights: reusesWeights,
            values: values.storage,
            allocate: makeStorage
        )
        return (model, values)
    }
}
