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
        #expect(copy == classes && copy.kind == .table)
    }

    @Test func aClassIsWhatTheUsersFilesCallIt() throws {
        let table = ClassIndex(fitting: [7, 3], names: [3: "Tor"])
        #expect(table.landmarkID(0) == .number(3))
        #expect(table.label(of: .number(7)) == 1 && table.label(of: .folder("Tor")) == nil)
        let folders = ClassIndex(folders: ["b", "3"])
        #expect(folders.landmarkID(0) == .folder("3") && folders.landmarkID(1) == .folder("b"))
        #expect(folders.label(of: .folder("b")) == 1)
        // Class folders are numbered inside, but their numbers are no ids.
        #expect(folders.label(of: 0) == nil && folders.labels(of: [0, 1]) == [-1, -1])
        let ids = [table.landmarkID(0), folders.landmarkID(0)]
        let json = String(decoding: try JSONEncoder().encode(ids), as: UTF8.self)
        #expect(json == #"[3,"3"]"#)
        #expect(try JSONDecoder().decode([LandmarkID].self, from: Data(json.utf8)) == ids)
    }

    @Test func anIndexWithoutItsKindIsJudgedByIDsAndNames() throws {
        func kind(_ ids: String, _ names: String) throws -> ClassIndex.Kind {
            let json = #"{"ids":\#(ids),"names":\#(names)}"#
            return try JSONDecoder().decode(ClassIndex.self, from: Data(json.utf8)).kind
        }
        #expect(try kind("[0,1]", #"["a","b"]"#) == .folders)
        #expect(try kind("[0,1]", #"["a","landmark 1"]"#) == .table)
        #expect(try kind("[0,2]", #"["a","b"]"#) == .table)
        let marked = try JSONEncoder().encode(ClassIndex(folders: ["landmark 0", "x"]))
        #expect(try JSONDecoder().decode(ClassIndex.self, from: marked).kind == .folders)
    }
}
