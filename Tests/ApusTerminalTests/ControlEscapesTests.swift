import ApusTerminal
import Testing

@Suite struct ControlEscapesTests {
  @Test(arguments: [
    ("run-1", "run-1"), ("a\nb", "a\\nb"), ("a\r\nb", "a\\r\\nb"),
    ("\u{1B}[31mred", "\\u{1B}[31mred"),
    ("句子 \\ \"é\" 👩‍🔬", "句子 \\ \"é\" 👩‍🔬"), ("", ""),
  ])
  func staysOnOneLine(_ text: String, _ escaped: String) {
    #expect(text.escapingControls == escaped)
  }
}
