import ApusPictures
import Testing

/// Maps with labels, as PNG and SVG.
@Suite struct LabelledMapTests {
  private func map(_ labels: [String]) -> LabelledMap {
    LabelledMap(
      "A map",
      points: labels.enumerated().map { ($1, Double($0 * $0), Double($0)) })
  }

  @Test func writesBothFormats() throws {
    let map = map(["one", "two", "three", "naïve"])
    #expect(try map.png().starts(with: [0x89, 0x50, 0x4E, 0x47]))
    let text = try String(decoding: map.svg(), as: UTF8.self)
    #expect(text.contains("<svg"))
    #expect(text.contains("</svg>"))
    #expect(try map.png() == map.png())
    #expect(try self.map(["one", "two", "three", "other"]).png() != map.png())
  }

  @Test func pointsThatAreOneOrNoneAreDrawn() throws {
    #expect(try !map([]).png().isEmpty)
    let same = LabelledMap("same", points: [("a", 1, 1), ("b", 1, 1), ("c", .nan, 2)])
    #expect(try !same.png().isEmpty)
  }

  @Test func aLetterThatNoFontHasIsAnError() {
    // U+1FFFF is no character and never will be.
    let error = #expect(throws: PictureError.self) { try map(["a", "\u{1FFFF}"]).png() }
    #expect(error?.description.contains("font") == true)
  }
}
