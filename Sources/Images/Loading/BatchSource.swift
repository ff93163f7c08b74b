/// Where the batches of a run come from, in the order of its requests: photos, or what was computed of them.
public protocol BatchSource: AnyObject {
    /// Waits for the next batch.
    ///
    /// - Parameter leaves: polled while waiting; once it is true, the wait may end.
    /// - Returns: nil where the wait was given up; the same batch then comes next.
    ///
    /// Throws `PhotoError.loader` after the last request.
    func next(unless leaves: () -> Bool) throws(PhotoError) -> LoadedBatch?

    /// Gives a batch's memory back; its images must not be used afterwards.
    func release(_ batch: LoadedBatch)

    /// Ends what works for the batches; `next` is not called any more.
    func stop()
}

extension BatchLoader: BatchSource {}
