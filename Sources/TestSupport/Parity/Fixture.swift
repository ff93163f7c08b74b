public import Foundation

/// Opens a file that `scripts/parity/make_fixtures.py` made.
public func fixture(_ name: String) throws -> Data {
    let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    return try Data(
        contentsOf: package.appendingPathComponent("Tests/NetworksTests/Fixtures/" + name)
    )
}

/// Decodes a JSON fixture, whose keys are in snake case.
public func decodeFixture<T: Decodable>(_ name: String, as type: T.Type) throws -> T {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: fixture(name))
}
