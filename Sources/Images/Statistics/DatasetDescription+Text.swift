import Foundation

extension DatasetDescription {
    /// The description as lines of text for a terminal.
    public func text() -> String {
        var lines = [
            "Photos:        \(grouped(images))"
                + (validationImages.map { ", \(grouped($0)) for validation" } ?? "")
                + (testImages.map { ", and \(grouped($0)) for testing" } ?? ""),
            "Landmarks:     \(grouped(classes))",
            "",
            "Most frequent landmarks",
        ]
        lines += table(mostFrequent)
        lines += ["", "Least frequent landmarks"]
        lines += table(leastFrequent)
        lines += ["", "Photos per landmark"]
        let summary = imagesPerClass
        for (name, value) in [
            ("count", Double(summary.count)), ("mean", summary.mean), ("std", summary.std),
            ("min", summary.min), ("25%", summary.quarter), ("50%", summary.half),
            ("75%", summary.threeQuarters), ("max", summary.max),
        ] as [(String, Double?)] {
            let number = value.map { String(format: "%.6f", $0) } ?? "NaN"
            lines.append(
                "  " + name.padding(toLength: 8, withPad: " ", startingAt: 0)
                    + padded(number, 16)
            )
        }
        lines += [
            "",
            "Landmarks with at most 5 photos:   \(share(classesUpTo5))",
            "Landmarks with 5 to 10 photos:     \(share(classesFrom5To10))",
            "Landmarks with fewer than 10:      \(share(classesBelow10))",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private func table(_ landmarks: [Landmark]) -> [String] {
        let width = landmarks.map { "\($0.landmarkID)".count }.max() ?? 0
        return landmarks.map { landmark in
            let count = padded(grouped(landmark.images), 9)
            return switch landmark.landmarkID {
            case .number(let id): count + "  " + padded(String(id), width) + "  \(landmark.name)"
            case .folder(let name): count + "  " + name
            }
        }
    }

    private func share(_ count: Int) -> String {
        padded(grouped(count), 9)
            + String(format: "  (%.1f %%)", 100 * Double(count) / Double(max(classes, 1)))
    }

    private func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(width - text.count, 0)) + text
    }

    /// A number with commas between groups of three digits.
    private func grouped(_ number: Int) -> String {
        var digits = String(number)
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
            place -= 3
        }
        return digits
    }
}
