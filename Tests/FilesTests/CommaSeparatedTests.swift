import Files
import Testing

@Suite struct CommaSeparatedTests {
    @Test func fieldsAreQuotedWhereTheyHaveToBe() {
        let fields = ["plain", "a,b", "\"quoted\"", "two\nlines", "", " spaces ", "\"\u{301}"]
        let line = "plain,\"a,b\",\"\"\"quoted\"\"\",\"two\nlines\",, spaces ,\"\"\"\u{301}\"\n"
        #expect(CommaSeparated.line(fields).utf8.elementsEqual(line.utf8))
        #expect(CommaSeparated.quoted("plain") == "\"plain\"")
    }

    @Test func bytesOfNamesAreTold() {
        #expect(CommaSeparated.line([String(pathBytes: [0x61, 0xE9])]) == "a\\xE9\n")
    }

    @Test func formulasAreMadeHarmlessWhereAsked() {
        for field in ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx"] {
            #expect(CommaSeparated.line([field], safely: true) == "'" + field + "\n")
            #expect(CommaSeparated.line([field]) == field + "\n")
        }
        #expect(CommaSeparated.line(["\rx"], safely: true) == "\"'\rx\"\n")
        // Numbers, and names that only look odd, stay.
        #expect(CommaSeparated.line(["-1", "+0.5", "a=b", ""], safely: true) == "-1,+0.5,a=b,\n")
    }
}
