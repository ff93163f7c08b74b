import Files
import Foundation
import Reporting
import Testing

@Suite struct CommaSeparatedTests {
    @Test func rowsComeBack() {
        let fields = ["plain", "a,b", "\"quoted\"", "two\nlines", "", " spaces "]
        let text = CommaSeparated.line(fields) + CommaSeparated.line(["next"])
        #expect(CommaSeparated.rows(Data(text.utf8)) == [fields, ["next"]])
    }

    @Test func bytesOfNamesAreTold() {
        #expect(CommaSeparated.line([String(pathBytes: [0x61, 0xE9])]) == "a\\xE9\n")
    }

    @Test func formulasAreMadeHarmlessWhereAsked() {
        let fields = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\rx"]
        for field in fields {
            let row = CommaSeparated.rows(Data(CommaSeparated.line([field], safely: true).utf8))
            #expect(row == [["'" + field]])
            #expect(CommaSeparated.rows(Data(CommaSeparated.line([field]).utf8)) == [[field]])
        }
        // Numbers, and names that only look odd, stay.
        #expect(CommaSeparated.line(["-1", "+0.5", "a=b", ""], safely: true) == "-1,+0.5,a=b,\n")
    }
}
