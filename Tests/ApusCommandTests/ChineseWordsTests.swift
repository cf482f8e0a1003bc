import Foundation
import Testing

/// Chinese: words found by ICU's dictionary, learnt from Wikipedia and asked about, where the data lie
/// beside the sources.
@Suite struct ChineseWordsTests {
  private static let data = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/data").standardizedFileURL.path
  private static let corpus = data + "/text/zhwiki.txt.xz"

  @Test(
    .slow,
    .enabled(
      if: FileManager.default.fileExists(atPath: corpus),
      "needs the Chinese text beside the sources"))
  func wordsAreSegmentedAndLearnt() throws {
    let folder = ProgramFolder()
    let apus = ApusProgram(folder: folder.path)
    let trained = try apus(
      "train", "words", Self.corpus, "--tokens", "segments", "--output", "zh", "--quiet", "--json")
    #expect(trained.code == 0, "\(trained.error)")
    let sets = ["240", "297"].map { "\(Self.data)/word2vec/zh-wordsim-\($0).txt" }
    let evaluated = try apus(
      "evaluate", "zh", "--analogies", Self.data + "/word2vec/zh-analogy-cwe.txt", "--similarities",
      sets[0], sets[1], "--json"
    ).json
    let sections = try #require(evaluated["analogies"] as? [String: [String: Any]])
    // 0.27 with the defaults; chance has 0.0001.
    #expect(try #require(sections["total"]?["accuracy"] as? Double) > 0.2)
    #expect(try #require(sections["total"]?["total"] as? Int) > 700)
    let similarities = try #require(evaluated["similarities"] as? [String: [String: Any]])
    #expect(similarities.count == 2)
    for set in similarities.values {
      // 0.48 and 0.52.
      #expect(try #require(set["spearman"] as? Double) > 0.4)
      #expect(try #require(set["pairs"] as? Int) > 170)
    }
  }
}
