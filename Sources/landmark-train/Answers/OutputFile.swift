import Foundation
import Reporting

/// Files that a command was asked to write.
enum OutputFile {
    /// Writes `data` to `path`, where it appears whole or not at all.
    static func write(_ data: Data, to path: String) throws {
        do {
            try data.write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw ReportingError.files(
                "cannot write \(path): \(reason(error)); check the folder, its permissions and "
                    + "free space"
            )
        }
    }

    private static func reason(_ error: any Error) -> String {
        let text = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        return text?.localizedDescription ?? error.localizedDescription
    }
}
