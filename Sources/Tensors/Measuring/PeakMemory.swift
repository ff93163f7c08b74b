import Foundation

/// The most memory in bytes that this process has had resident since it began; 0 where the system
/// does not tell.
public func peakResidentBytes() -> Int {
    var usage = rusage()
    #if os(Linux)
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else {
            return 0
        }
        return usage.ru_maxrss * 1024
    #else
        return getrusage(RUSAGE_SELF, &usage) == 0 ? Int(usage.ru_maxrss) : 0
    #endif
}
