import ApusDatasets
import ApusFormats
import ApusNumerics
import Foundation
import Testing

/// Bytes of a text to tokens, in pieces of any size.
@Suite struct TextTests {
  private func tokens(
    _ text: [UInt8], _ options: TextOptions = TextOptions(), piece: Int = .max
  ) throws -> (text: String, replaced: Int) {
    var tokenizer = try TextTokenizer(options)
    var output: [UInt8] = []
    var start = 0
    while start < text.count {
      let end = text.count - start > piece ? start + piece : text.count
      text[start..<end].withUnsafeBufferPointer { tokenizer.read($0, into: &output) }
      start = end
    }
    tokenizer.finish(into: &output)
    return (String(decoding: output, as: UTF8.self), tokenizer.replacedCount)
  }

  private func tokens(_ text: String, _ options: TextOptions = TextOptions()) throws -> String {
    try tokens(Array(text.utf8), options).text
  }

  @Test func wordsAreRunsOfLettersAndDigits() throws {
    #expect(try tokens("The cat's 3 hats -- and 'Zürich'!\n") == "the cat's 3 hats and zürich\n")
    #expect(try tokens("don\u{2019}t ÀÉ") == "don't àé\n")
    // Letters whose first part alone is a capital.
    #expect(try tokens("\u{1F88} \u{1C5}ep") == "\u{1F80} \u{1C6}ep\n")
    #expect(try tokens("= =\n\n") == "")
  }

  @Test func capitalsMayStay() throws {
    #expect(try tokens("The CAT", TextOptions(lowercases: false)) == "The CAT\n")
  }

  @Test func sentencesAreLinesOrBlocks() throws {
    let text = "one two\nthree\n\n\nfour"
    #expect(try tokens(text) == "one two\nthree\nfour\n")
    #expect(try tokens(text, TextOptions(sentences: .blocks)) == "one two three\nfour\n")
  }

  @Test func blanksDivideTextThatIsTokenized() throws {
    #expect(
      try tokens("New_York  is, U.S.\tYes\u{3000}no", TextOptions(tokens: .blanks))
        == "new_york is, u.s. yes no\n")
  }

  @Test func chineseIsCutIntoCharactersOrWords() throws {
    let text = "我们在北京大学学习, 2020年。"
    #expect(
      try tokens(text, TextOptions(tokens: .characters)) == "我 们 在 北 京 大 学 学 习 2020 年\n")
    let words = try tokens(text, TextOptions(tokens: .segments))
    #expect(words.split(separator: " ").contains("我们"))
    #expect(words.split(separator: " ").contains("学习"))
    #expect(words.filter { $0 != " " } == "我们在北京大学学习2020年\n")
  }

  @Test func normalFormsJoinWhatIsTheSame() throws {
    let text = "cafe\u{301} ﬁne １２"
    #expect(try tokens(text, TextOptions(normalization: .nfc)) == "café ﬁne １２\n")
    #expect(try tokens(text, TextOptions(normalization: .nfkc)) == "café fine 12\n")
  }

  /// The counts of Unicode 15, table 3-8, and of its neighbours in 3.9.
  @Test(
    arguments: [
      ([0x61, 0xFF, 0x62], 1), ([0x61, 0xF1, 0x80, 0x80, 0xE1, 0x80, 0xC2, 0x62], 3),
      ([0xC0, 0xAF, 0xE0, 0x80], 4), ([0xED, 0xA0, 0x80], 3), ([0x61, 0xE4, 0xBD], 1),
      ([0x61, 0xE4, 0xBD, 0xA0], 0),
    ] as [([UInt8], Int)])
  func faultsAreCounted(bytes: [UInt8], faults: Int) throws {
    #expect(try tokens(bytes).replaced == faults)
  }

  @Test(arguments: TextOptions.Tokens.allCases)
  func piecesGiveWhatTheWholeGives(kind: TextOptions.Tokens) throws {
    var generator = PhiloxStream(seed: 3, purpose: 1)
    let parts: [[UInt8]] = [
      Array("it's ".utf8), Array("北京".utf8), [0xE4, 0xBD], [0xFF], Array("É\n".utf8),
      Array(" 𠀀x\n\n".utf8), Array("'".utf8),
    ]
    for _ in 0..<10 {
      let text = (0..<60).flatMap { _ in parts[Int.random(in: 0..<7, using: &generator)] }
      let options = TextOptions(tokens: kind, normalization: .nfc)
      let whole = try tokens(text, options)
      for piece in [1, 2, 3, 7, 64] {
        let found = try tokens(text, options, piece: piece)
        #expect(found == whole)
      }
    }
  }

  @Test func marksThatAreNoTextAreLeftOut() throws {
    #expect(try tokens("\u{FEFF}co\u{AD}op") == "coop\n")
    #expect(try tokens("\u{FEFF}a b", TextOptions(tokens: .blanks)) == "a b\n")
  }

  @Test func picturesLeaveNoTokens() throws {
    #expect(try tokens("好 \u{2764}\u{FE0F} 吃") == "好 吃\n")
    #expect(try tokens("a\u{20DD} \u{301} e\u{301}x") == "a e\u{301}x\n")
  }

  @Test func everyHanCharacterStandsAlone() throws {
    let options = TextOptions(tokens: .characters)
    #expect(try tokens("二〇〇八年人々", options) == "二 〇 〇 八 年 人 々\n")
  }

  /// More than 64 KiB without a blank.
  @Test(arguments: [TextOptions.Tokens.segments, .words])
  func longRunsAreDividedAtTheSamePlaces(kind: TextOptions.Tokens) throws {
    let verse = "春眠不觉晓处处闻啼鸟"
    let text = Array(String(repeating: verse, count: 5000).utf8) + Array(" a".utf8)
    let options = TextOptions(tokens: kind, normalization: .nfc)
    let whole = try tokens(text, options).text
    for piece in [997, 4096] { #expect(try tokens(text, options, piece: piece).text == whole) }
    let isCut = kind == .segments
    #expect(whole.hasSuffix(isCut ? "鸟 a\n" : "闻啼鸟 a\n"))
    #expect(whole.filter { $0 != " " } == String(repeating: verse, count: 5000) + "a\n")
  }

  @Test func filesWhoseNamesAreNoUTF8AreNamed() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/apus-text-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path =
      Array(folder.utf8CString.dropLast()) + [0x2F, CChar(bitPattern: 0xD6), 0x2E, 0x74, 0]
    let file = open(path, O_CREAT | O_WRONLY, 0o600)
    if file < 0 { try Test.cancel("this file system takes no such names") }
    close(file)
    let error = #expect(throws: FormatError.self) { try TextFiles.parts(of: [folder]) }
    #expect(
      error?.description
        == "\(folder): expected files whose names are UTF-8, got the name \u{FFFD}.t")
    unlink(path)
  }

  @Test func noBytesOfZeroAreText() throws {
    let result = try tokens([97, 0, 98])
    #expect(result.text == "a b\n")
    #expect(result.replaced == 1)
  }

  @Test func normalFormsBringNoCapitalsBack() throws {
    #expect(try tokens("\u{210C}ello", TextOptions(normalization: .nfkc)) == "hello\n")
  }

  @Test func foldersGiveTheirFilesInOrder() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/apus-text-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(
      atPath: folder + "/b", withIntermediateDirectories: true)
    for name in ["z.txt", "a.txt", ".hidden", "b/c.txt"] {
      try Data("x".utf8).write(to: URL(filePath: folder + "/" + name))
    }
    let names = try TextFiles.parts(of: [folder, "-"]).map(\.name)
    #expect(
      names == ["a.txt", "b/c.txt", "z.txt"].map { folder + "/" + $0 } + ["standard input"])
    #expect(throws: DatasetError.self) { try TextFiles.parts(of: ["-", "-"]) }
    try FileManager.default.removeItem(atPath: folder)
    #expect(throws: (any Error).self) { try TextFiles.parts(of: [folder]) }
  }
}
