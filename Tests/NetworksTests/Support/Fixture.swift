import Foundation

/// Opens a file of the folder `Fixtures`, which `scripts/parity/make_fixtures.py` makes.
func fixture(_ name: String) throws -> Data {
    let tests = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
    return try Data(
        contentsOf: tests.appendingPathComponent("Fixtures").appendingPathComponent(name)
    )
}

/// Decodes a JSON fixture, whose keys are in snake case.
func decodeFixture<T: Decodable>(_ name: String, as type: T.Type) throws -> T {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: fixture(name))
}
