public import Foundation

/// Numbers as people read them.
public enum Figures {
    /// A share as a percentage, such as `87.5 %`.
    public static func percent(_ share: Double, decimals: Int = 1) -> String {
        share.isFinite ? "\(fixed(100 * share, decimals)) %" : "–"
    }

    /// A number with a fixed number of decimals.
    public static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return "\(value)" }
        return String(format: "%.\(decimals)f", locale: nil, value)
    }

    /// A whole number in groups of three digits, such as `1,580,470`.
    public static func grouped(_ value: Int) -> String {
        var digits = String(value.magnitude)
        var groups: [Substring] = []
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits.removeLast(3)
        }
        groups.insert(digits[...], at: 0)
        return (value < 0 ? "-" : "") + groups.joined(separator: ",")
    }

    /// A moment as a date and a time of day, such as `2026-11-28 17:05 UTC`.
    public static func moment(_ date: Date, in zone: TimeZone = .current) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = zone
        format.dateFormat = "yyyy-MM-dd HH:mm zzz"
        return format.string(from: date)
    }

    /// How many there are of what a word names, such as `1 rank`, `8 ranks`.
    public static func count(_ number: Int, _ word: String) -> String {
        "\(grouped(number)) \(word)\(number == 1 ? "" : "s")"
    }

    /// A number in few characters, such as `0.05`, `1.2k`, `3e-05`.
    public static func compact(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
        let size = abs(value)
        switch size {
        case 0: return "0"
        case ..<0.001: return String(format: "%.3g", locale: nil, value)
        case 1_000_000...: return String(format: "%.4gM", locale: nil, value / 1_000_000)
        case 10_000...: return String(format: "%.4gk", locale: nil, value / 1_000)
        default: return String(format: "%.4g", locale: nil, value)
        }
    }

    /// A time such as `40 ms`, `0.8 s`, `42 s`, `3:07 min`, `2:15 h`.
    public static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "–" }
        if seconds > 0, seconds < 0.0995 {
            return seconds < 0.001 ? "under 1 ms" : "\(Int((1000 * seconds).rounded())) ms"
        }
        if seconds < 9.95 { return "\(fixed(seconds, 1)) s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60):\(twoDigits(whole % 60)) min" }
        let minutes = whole / 60
        if minutes < 48 * 60 { return "\(minutes / 60):\(twoDigits(minutes % 60)) h" }
        return "\(minutes / 1440) d \(minutes / 60 % 24) h"
    }

    /// An amount of memory or storage, such as `1.2 GiB`.
    public static func bytes(_ count: Int) -> String {
        var value = Double(count)
        for unit in ["bytes", "KiB", "MiB"] {
            if value < 1024 {
                return unit == "bytes"
                    ? "\(count) bytes" : "\(fixed(value, value < 10 ? 1 : 0)) \(unit)"
            }
            value /= 1024
        }
        return "\(fixed(value, 1)) GiB"
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
