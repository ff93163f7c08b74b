/// Which algorithms convolutions may use.
public enum ConvolutionMode: String, CaseIterable, Codable, Sendable {
    /// The fastest for each layer: Winograd's F(4×4, 3×3) among them, whose rounding errors are about
    /// five times those of plain sums.
    case fast
    /// Those with the rounding errors of plain fp32 sums alone.
    case exact
}
