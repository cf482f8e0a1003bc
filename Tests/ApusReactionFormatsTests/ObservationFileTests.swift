import ApusReactionFormats
import Testing

@Suite struct ObservationFileTests {
  private func read(_ text: String) throws -> ObservationFile {
    try ObservationFile(text, file: "seen.csv")
  }

  /// Spreadsheets write byte order marks, quotes and other ends of lines.
  @Test(arguments: ["\n", "\r\n", "\r"]) func readsWhatSpreadsheetsWrite(_ end: String) throws {
    let lines = [
      "\"time\", \"path\",\"A, \"\"big\"\"\" ", "0,\"1, first\",5", " 1 ,\"1, first\", 4 ", "0,2,7",
    ]
    let file = try read("\u{FEFF}" + lines.joined(separator: end) + end)
    #expect(file.columns == ["A, \"big\""])
    let records = try file.countRecords()
    #expect(records.map(\.times) == [[0, 1], [0]])
    #expect(records.map(\.counts) == [[[5], [4]], [[7]]])
  }

  @Test(arguments: [
    ("", 1, 1, "expected a header with the column time, such as `time,state`"),
    ("time,\"A\n0,1", 1, 6, "a quote has no end on its line"),
    ("time,\"A\" b\n0,1", 1, 6, "expected a comma behind the quoted field"),
    ("time,A,A\n0,1,2", 1, 6, "there are two columns A"),
    ("time,A\n0,1,2", 2, 1, "expected 2 fields as in the header, got 3"),
    ("time,A\nnever,1", 2, 1, "expected a finite number for the time, got 'never'"),
    (
      "time,path,A\n0,a,1\n0,b,1\n1,a,1", 4, 1,
      "path a was left and comes again; its lines must stay together"
    ),
  ])
  func faultsHaveTheirPlace(text: String, line: Int, column: Int, message: String) {
    let fault = #expect(throws: NetworkFault.self) { try read(text) }
    #expect(fault?.place == .init(line: line, column: column))
    #expect(fault?.message == message)
  }

  @Test func amountsAreWholeNumbers() throws {
    for amount in ["-1", "1.5", "1e300", "nan", "x"] {
      let file = try read("time,A\n0,\(amount)")
      let fault = #expect(throws: NetworkFault.self) { try file.countRecords() }
      #expect(fault?.place == .init(line: 2, column: 3))
    }
  }
}
