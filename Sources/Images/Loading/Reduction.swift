/// Sizes at which libjpeg can decode fast, by leaving out high frequencies.
enum Reduction {
    /// The first of `reductions`, in eighths of the full size and the strongest first, whose result
    /// is at least `covering` along both axes; full size where there is none.
    static func eighths(
        of reductions: [Int],
        from size: (width: Double, height: Double),
        covering: (width: Double, height: Double)
    ) -> Int {
        for eighths in reductions {
            let share = Double(eighths) / 8
            if size.width * share >= covering.width, size.height * share >= covering.height {
                return eighths
            }
        }
        return 8
    }

    /// Pixels of a reduced photo along an axis of which the photo itself has `full`.
    static func extent(_ full: Int, eighths: Int) -> Int { (full * eighths + 7) / 8 }
}
