import ApusApplications
import Testing

struct ShellQuotingTests {
  @Test(arguments: [
    ("runs/fashion-1", "runs/fashion-1"), ("my run", "'my run'"), ("it's", "'it'\\''s'"),
    ("-x", "'-x'"), ("", "''"), ("$HOME", "'$HOME'"), ("späť", "späť"),
  ])
  func commandLinesCanBePasted(text: String, expected: String) {
    #expect(text.shellQuoted == expected)
  }
}
