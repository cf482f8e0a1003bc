import ApusFormats
import Testing

@Suite struct JSONValueTests {
  func read(_ text: String) throws -> JSONValue { try JSONReader.read(Array(text.utf8), file: "j") }

  @Test func valuesOfEveryKind() throws {
    #expect(
      try read(" [null, true, false, -0.5e+3, \"\", {}, []] ")
        == .array([
          .null, .truth(true), .truth(false), .number("-0.5e+3"), .string(""), .object([]),
          .array([]),
        ]))
    #expect(try read("12").integer == 12)
    #expect(try read("12.0").integer == nil)
  }

  @Test func escapesAndTheirInverse() throws {
    #expect(
      try read(#""\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00""#) == .string("\"\\/\u{8}\u{C}\n\r\tä😀"))
    let text = "a\"b\\c\n\u{1}ä😀"
    #expect(try read(text.quotedAsJSON) == .string(text))
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\" 1}", "{\"a\":1,}", "01", "1.", "-", "1e", "tru", "\"", "\"\\x\"",
    "\"\n\"",
    "\"\\ud800\"", "\"\\u12g4\"", "1 2", "{\"a\":1,\"a\":2}", "\"\\u+123\"",
  ])
  func refusesWhatIsNotJSON(text: String) throws {
    #expect(try sentence { try read(text) }.hasPrefix("j, byte"))
  }

  @Test func refusesBytesThatAreNotUTF8() throws {
    #expect(
      try sentence { try JSONReader.read([0x22, 0xFF, 0x22], file: "j", offset: 8) }
        == "j, byte 8: expected a text in UTF-8, got other bytes")
  }
}
