import Reporting
import Training

/// What calibrate found, as a person reads it.
struct CalibrationText {
    private let calibration: Calibration

    /// Photos of either kind below which the figures are said to be rough.
    private static let few = 100

    /// Describes a threshold.
    init(_ calibration: Calibration) { self.calibration = calibration }

    /// On one line.
    var short: String {
        "similarity \(Figures.fixed(Double(calibration.threshold), 4)): "
            + "\(Figures.grouped(calibration.accepted)) of \(Figures.count(calibration.unknown, "unknown photo")) "
            + "got a name, \(Figures.grouped(calibration.rejected)) of "
            + "\(Figures.count(calibration.known, "known photo")) none"
    }

    /// In full.
    var lines: [String] {
        let rows = [
            ["threshold", "similarity \(Figures.fixed(Double(calibration.threshold), 4))"],
            [
                "AUROC",
                "\(Figures.fixed(calibration.auroc, 3))  chance that a known photo is above an unknown one",
            ],
            [
                "unknown, named",
                share(calibration.accepted, of: calibration.unknown)
                    + ", asked for at most \(Figures.percent(calibration.falsePositives))",
            ],
            ["known, not named", share(calibration.rejected, of: calibration.known)],
        ]
        return TextTable(rows, leading: 2).lines
    }

    /// What to be careful about, a line each.
    var warnings: [String] {
        var lines: [String] = []
        let (known, unknown) = (calibration.known, calibration.unknown)
        if calibration.falsePositives * Double(unknown) < 1 {
            let enough = Int((1 / max(calibration.falsePositives, 1e-9)).rounded(.up))
            lines.append(
                "the threshold lies above all of the \(Figures.count(unknown, "unknown photo"))"
                    + (calibration.falsePositives > 0
                        ? ": \(Figures.percent(calibration.falsePositives)) of so few is less than one; give at least "
                            + Figures.grouped(enough) : "")
            )
        }
        if min(known, unknown) < CalibrationText.few {
            lines.append(
                "\(Figures.count(known, "known photo")) and \(Figures.grouped(unknown)) unknown ones are few: on "
                    + "others the shares may lie anywhere in the ranges told; give \(CalibrationText.few) of each or more"
            )
        }
        return lines
    }

    private func share(_ part: Int, of whole: Int) -> String {
        let interval = shareInterval(part, of: whole)
        let (low, high) = (interval.lowerBound, interval.upperBound)
        return
            "\(Figures.percent(Double(part) / Double(whole)))  \(Figures.grouped(part)) of "
            + "\(Figures.grouped(whole)), with 95 % confidence \(Figures.fixed(100 * low, 1)) to "
            + Figures.percent(high)
    }
}
