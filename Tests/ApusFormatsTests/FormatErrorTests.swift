import ApusFormats
import Testing

@Suite struct FormatErrorTests {
  @Test func sentencesNameFilePlaceAndBothSides() {
    #expect(
      FormatError("a.csv", .line(3), expected: "5 columns", actual: "4").description
        == "a.csv, line 3: expected 5 columns, got 4")
    #expect(
      FormatError("a", .wholeFile, expected: "b", actual: "c").description == "a: expected b, got c"
    )
    #expect(
      FormatError("a", cannot: "write", code: 28).description
        == "cannot write a: No space left on device")
  }
}
