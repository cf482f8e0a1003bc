import ApusFormats
import Foundation
import Testing

/// gensim reads what Apus exports, and Apus what gensim saves.
@Suite struct GensimTests {
  /// The Python that the benchmark's peers are installed in.
  static let python: String? = {
    let named = ProcessInfo.processInfo.environment["APUS_PEERS_PYTHON"]
    let own = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Benchmarks/.venv/bin/python").standardizedFileURL.path
    return [named, own].compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  static let script = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Benchmarks/peers/gensim_files.py").standardizedFileURL.path

  private struct Loaded: Decodable {
    var words: [String]
    var near: [Near]
  }

  /// A word and its cosine, `["word", 0.5]`.
  private struct Near: Decodable {
    var word: String
    var cosine: Double

    init(from decoder: any Decoder) throws {
      var pair = try decoder.unkeyedContainer()
      word = try pair.decode(String.self)
      cosine = try pair.decode(Double.self)
    }
  }

  @Test(
    .enabled(
      if: python != nil, "needs gensim: `make benchmark` installs it, or APUS_PEERS_PYTHON names it"
    ))
  func readsAndWritesTheSameVectors() throws {
    let folder = ProgramFolder()
    let apus = ApusProgram(folder: folder.path)
    let sentences = [
      "der große Käfer läuft", "the small beetle runs", "大 甲虫 跑 了", "der kleine Käfer läuft",
    ]
    let text = (0..<200).map { sentences[$0 % 4] }.joined(separator: "\n")
    try AtomicFile.write(text, to: folder("text.txt"))
    #expect(
      try apus("train", "words", "text.txt", "--size", "24", "--quiet", "--output", "run").code == 0
    )
    let formats = [
      ("word2vec", "vectors.txt"), ("word2vec-binary", "vectors.bin"), ("glove", "vectors.glove"),
    ]
    for (format, file) in formats {
      #expect(try apus("export", "run", file, "--format", format).code == 0)
    }
    let gensim = ApusProgram(folder: folder.path, program: try #require(Self.python))
    let result = try gensim(Self.script, folder.path, "käfer")
    try #require(result.code == 0, "\(result.error)")
    let loaded = try JSONDecoder().decode([String: Loaded].self, from: Data(result.output.utf8))
    let own = try neighbours(apus, "run")
    #expect(loaded.count == 3)
    for file in loaded.values {
      #expect(file.words.count == 13)
      #expect(file.near.map(\.word) == own.map(\.word))
      for (theirs, ours) in zip(file.near, own) { #expect(abs(theirs.cosine - ours.cosine) < 1e-5) }
    }
    for (format, file) in [("word2vec", "gensim.txt"), ("word2vec-binary", "gensim.bin")] {
      #expect(try apus("import", file, "--format", format, "--output", "from-\(format)").code == 0)
      let back = try neighbours(apus, "from-\(format)")
      #expect(back.map(\.word) == own.map(\.word))
      for (theirs, ours) in zip(back, own) { #expect(abs(theirs.cosine - ours.cosine) < 1e-5) }
    }
  }

  private func neighbours(
    _ apus: ApusProgram, _ run: String
  ) throws -> [(word: String, cosine: Double)] {
    let found = try apus("similar", run, "käfer", "--top", "3", "--json").json
    let list = try #require(found["neighbours"] as? [[String: Any]])
    return try list.map { entry in
      (try #require(entry["word"] as? String), try #require(entry["similarity"] as? Double))
    }
  }
}
