import Foundation
import Images
import Testing

@Suite struct DatasetErrorTests {
    private func complaint(_ table: String, photos: Bool = true) throws -> String {
        let folder = try TemporaryFolder()
        try folder.write("train.csv", table)
        if photos { try folder.write("0/0/1/001a.jpg") }
        return message { _ = try openPhotos(folder.path, holdOut: 0.2, seed: 0) }
            .replacingOccurrences(of: folder.path, with: "D")
    }

    @Test func whatIsWrongWithATableIsSaid() throws {
        #expect(try complaint("") == "D/train.csv is empty")
        #expect(
            try complaint("id,landmark_id\n")
                == "D/train.csv lists no photos: it ends after its first line"
        )
        #expect(
            try complaint("id,url,label\n001a,x,1\n")
                == "D/train.csv, line 1: the columns are id,url,label; id,landmark_id or "
                + "id,url,landmark_id are needed"
        )
        #expect(
            try complaint("id,landmark_id\n001a,1\n\n001b\n")
                == "D/train.csv, line 4: 1 of 2 columns; mend or remove the line"
        )
        #expect(
            try complaint("id,landmark_id\n\"001a\",1\n001b,None\n")
                == "D/train.csv, line 3: landmark_id is 'None', not a whole number"
        )
        #expect(
            try complaint("id,landmark_id\n001a,1\n../../x,2\n").contains("line 3: '../../x'")
        )
        #expect(
            try complaint("id,landmark_id\n001a,\"1\n001b,2\n")
                == "D/train.csv, line 2: a quote is opened and never closed"
        )
        #expect(
            try complaint("id,landmark_id\n001a,1\n001b,1\n")
                == "all 2 photos of D show landmark 1; give photos of at least two landmarks"
        )
        #expect(
            try complaint("id,landmark_id\n001a,1\n001b,2\n", photos: false)
                == "D/train.csv lists photos, but none is there: the first should be "
                + "0/0/1/001a.jpg in D/train or D"
        )
    }

    @Test func whatIsWrongWithAFolderIsSaid() throws {
        let folder = try TemporaryFolder()
        try folder.write("some/file.txt")
        func complaint(_ name: String) -> String {
            message { _ = try openPhotos(folder.path + name, holdOut: 0.2, seed: 0) }
                .replacingOccurrences(of: folder.path, with: "D")
        }
        #expect(complaint("/none") == "there is no folder D/none; --data wants a folder of photos")
        #expect(
            complaint("/some/file.txt")
                == "D/some/file.txt is a file; --data wants a folder of photos"
        )
        #expect(
            complaint("") == "D holds neither train.csv nor folders of photos, one for each class"
        )
    }

    @Test func photosWithoutAFileAreNoReasonToStop() throws {
        let folder = try TemporaryFolder()
        try folder.write("train.csv", "id,landmark_id\n001a,1\n002a,2\n")
        try folder.write("train/0/0/2/002a.jpg")
        #expect(try openPhotos(folder.path, holdOut: 0, seed: 0).training.count == 2)
    }
}
