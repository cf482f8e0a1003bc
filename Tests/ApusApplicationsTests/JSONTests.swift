import ApusApplications
import Testing

@Suite struct JSONTests {
  @Test func writesKeysInAlphabeticalOrder() {
    let value: JSON = ["b": [1, 2.5, nil, true], "a": "x/\"y\"", "c": ["d": [:]]]
    #expect(value.line == #"{"a":"x/\"y\"","b":[1,2.5,null,true],"c":{"d":{}}}"#)
  }

  @Test func hasNoWordsForWhatIsNoNumber() {
    let value: JSON = [.number(.nan), .number(.infinity), .number(-0.5)]
    #expect(value.line == "[null,null,-0.5]")
  }

  @Test func keepsWholeNumbersWhole() throws {
    let value: JSON = ["big": .integer(.max), "one": 1, "half": 0.5]
    #expect(try JSON(encoding: value) == value)
    #expect(try value.decoded(as: [String: Double].self)["half"] == 0.5)
  }

  @Test(arguments: [
    (0, "0 bytes"), (1023, "1023 bytes"), (1024, "1.0 KiB"), (1536, "1.5 KiB"),
    (150 << 20, "150 MiB"), (1 << 30, "1.0 GiB"), ((1 << 30) - 1, "1.0 GiB"), (5 << 40, "5.0 TiB"),
  ])
  func printsBytesForPeople(count: Int, text: String) {
    #expect(ByteCount(count).description == text)
  }
}
