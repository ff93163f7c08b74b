/// Sizes at which libjpeg can decode fast, by leaving out high frequencies.
enum Reduction {
    /// The strongest reduction, as eighths of the full size, whose result is at least `covering`
    /// along both axes; full size where the photo itself is smaller.
    static func eighths(
        from size: (width: Double, height: Double),
        covering: (width: Double, height: Double)
    ) -> Int {
        for eighths in [1, 2, 4] {
            let share = Double(eighths) / 8
            if size.width * share >= covering.width, size.height * share >= covering.height {
                return eighths
            }
        }
        return 8
    }
}
