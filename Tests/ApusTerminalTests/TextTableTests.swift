import ApusTerminal
import Testing

@Suite struct TextTableTests {
  let table: TextTable = {
    var table = TextTable([.init("layer"), .init("parameters", .right), .init("note")])
    table.add(["conv1", "864"])
    table.add(["词向量", "1,024", "wide"])
    table.addRule()
    table.add(["total", "1,888"])
    return table
  }()

  /// Names come from files of others.
  @Test func escapesControlCharacters() {
    var table = TextTable([.init("a\nb")])
    table.add(["\u{1B}[31m"])
    let text = table.rendered(for: Recorder().screen())
    #expect(text.contains(#"a\nb"#))
    #expect(text.contains(#"\u{1B}[31m"#))
    #expect(!text.contains("\u{1B}"))
  }

  @Test func columnsAreAligned() {
    #expect(
      table.rendered(for: Recorder().screen()) == """
        layer   parameters  note
        ──────  ──────────  ────
        conv1          864
        词向量       1,024  wide
        ──────  ──────────  ────
        total        1,888

        """)
  }

  @Test func plainScreensGetPlainRules() {
    let text = table.rendered(for: Recorder().screen(hasUnicode: false))
    #expect(text.contains("------  ----------  ----\n"))
  }

  @Test func headingsAreBoldWhereThereAreColours() {
    let text = table.rendered(for: Recorder().screen(hasColour: true))
    #expect(text.hasPrefix("\u{1B}[1mlayer   parameters  note\u{1B}[0m\n"))
  }

  @Test func theWidestColumnGivesWay() {
    var table = TextTable([.init(""), .init("", .right)])
    table.add(["a long text that does not fit", "12"])
    #expect(table.rendered(for: Recorder().screen(), width: 20) == "a long text tha…  12\n")
  }
}
