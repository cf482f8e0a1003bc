import ApusApplications
import Testing

@Suite struct ReportTests {
  let report = Report(
    title: "fashion-1 <b>", subtitle: "a & b", figures: [.init("95.0 %", "test accuracy")],
    sections: [
      .init(
        "Curves", [.picture(.init([1, 2, 3], description: "loss \"falls\"")), .text("1 < 2")]),
      .init("Settings", [.table(.init(header: ["Name", "Value"], rows: [["side", "<56>"]]))]),
    ], footer: "made by apus")

  @Test func carriesItsPictures() {
    #expect(report.html.contains("src=\"data:image/png;base64,AQID\""))
  }

  @Test func needsNothingFromElsewhere() {
    #expect(!report.html.contains("http"))
    #expect(!report.html.contains("<link"))
    #expect(!report.html.contains("<script"))
    #expect(!report.html.contains("url("))
  }

  @Test func escapesWhatItIsGiven() {
    #expect(report.html.contains("<h1>fashion-1 &lt;b&gt;</h1>"))
    #expect(report.html.contains("a &amp; b"))
    #expect(report.html.contains("alt=\"loss &quot;falls&quot;\""))
    #expect(report.html.contains("<td>&lt;56&gt;</td>"))
  }
}
