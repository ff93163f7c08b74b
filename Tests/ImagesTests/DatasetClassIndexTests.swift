import Foundation
import Images
import Testing

@Suite struct DatasetClassIndexTests {
    @Test func labelsAreTheOrderOfTheSortedUniqueIDs() throws {
        let landmarks: [Int64] = [900, 7, 12, 7, 900, -3, 12, 12]
        let classes = ClassIndex(fitting: landmarks, names: [7: "Tor"])
        #expect(classes.ids == [-3, 7, 12, 900])
        #expect(classes.names == ["landmark -3", "Tor", "landmark 12", "landmark 900"])
        #expect(classes.labels(of: landmarks) == [3, 1, 2, 1, 3, 0, 2, 2])
        #expect(classes.labels(of: [8, -4, 901]) == [-1, -1, -1])
        #expect(classes.label(of: 900) == 3)
        #expect(classes.label(of: 13) == nil)
        let copy = try JSONDecoder().decode(ClassIndex.self, from: JSONEncoder().encode(classes))
        #expect(copy == classes)
    }
}
