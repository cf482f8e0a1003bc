import ApusTerminal
import Testing

@Suite struct DisplayWidthTests {
  @Test(arguments: [
    ("", 0), ("abc", 3), ("größe", 5), ("cafe\u{301}", 4), ("词向量", 6), ("カナ", 4), ("한국", 4),
    ("😀", 2), ("👨‍👩‍👧", 2), ("❤️", 2), ("█▌", 2), ("…", 1), ("Ａ", 2), ("\u{200B}", 0),
    ("\u{1B}[31mred\u{1B}[0m", 3), ("\t", 0), ("\u{1B}", 0), ("\u{1B}[3", 0),
  ])
  func columnsOfText(text: String, width: Int) {
    #expect(text.displayWidth == width)
  }

  @Test func cuttingKeepsTheWidth() {
    #expect("abcdef".truncated(toWidth: 6) == "abcdef")
    #expect("abcdef".truncated(toWidth: 5) == "abcd…")
    #expect("词向量".truncated(toWidth: 4) == "词…")
    #expect("词向量".truncated(toWidth: 5) == "词向…")
    #expect("abc".truncated(toWidth: 0).isEmpty)
    #expect("\u{1B}[31mabcdef\u{1B}[0m".truncated(toWidth: 3) == "\u{1B}[31mab…\u{1B}[0m")
  }

  @Test func paddingFillsColumns() {
    #expect("词".padded(toWidth: 4) == "词  ")
    #expect("词".padded(toWidth: 4, alignedRight: true) == "  词")
    #expect("long".padded(toWidth: 2) == "long")
  }
}
