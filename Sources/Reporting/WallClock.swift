import Foundation

/// The clocks that reports read; tests give their own.
public enum WallClock {
    /// Seconds since 1970.
    public static func time() -> Double { Date().timeIntervalSince1970 }

    /// Seconds from some start, never set back.
    public static func uptime() -> Double { ProcessInfo.processInfo.systemUptime }
}
