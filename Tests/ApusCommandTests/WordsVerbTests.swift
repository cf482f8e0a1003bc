import ApusFormats
import Foundation
import Testing

/// The verbs of `words` from end to end on a small text.
@Suite struct WordsVerbTests {
  let folder = ProgramFolder()
  let apus: ApusProgram

  init() throws {
    let lines = (0..<400).map { line in
      let words = line % 2 == 0 ? "red green blue grey pink" : "one two three four five"
      let all = words.split(separator: " ")
      return (0..<8).map { String(all[(line / 2 * 7 + $0 * $0) % 5]) }.joined(separator: " ")
    }
    try AtomicFile.write(lines.joined(separator: "\n"), to: folder("text.txt"))
    apus = ApusProgram(folder: folder.path)
  }

  private func run(_ arguments: [String]) throws -> ApusProgram.Result {
    try apus.finish(apus.start(arguments))
  }

  private func json(_ arguments: String...) throws -> [String: Any] {
    let result = try run(arguments + ["--json"])
    #expect(result.code == 0, "\(result.error)")
    return try result.json
  }

  private func train(_ more: String...) throws -> ApusProgram.Result {
    try run(
      ["train", "words", "text.txt", "--size", "16", "--subsample", "0", "--threads", "1"] + more)
  }

  private func expectFault(_ arguments: [String], _ sentence: String, code: Int32 = 1) throws {
    let result = try run(arguments)
    #expect(result.code == code)
    #expect(result.output.isEmpty)
    #expect(
      result.error.split(separator: "\n").contains("Error: \(sentence)"), "\(result.error)")
  }

  @Test func workOnOneRun() throws {
    let trained = try train("--epochs", "3", "--json")
    #expect(trained.code == 0, "\(trained.error)")
    let lines = trained.error.split(separator: "\n")
    #expect(lines.first == "Run runs/words-1")
    #expect(lines[1].hasPrefix("3,200 words of text, 10 in the vocabulary, read in "))
    #expect(
      lines.last?.wholeMatch(
        of: /epoch 3\/3  loss [\d.]+  rate [\d.]+  [\d,]+ words\/s  [\d.]+ m?s/) != nil,
      "\(trained.error)")
    let members = try trained.json
    #expect(members["run"] as? String == "runs/words-1")
    #expect(members["vocabulary"] as? Int == 10)
    #expect(members["words"] as? Int == 3200)
    #expect(members["wordsPerSecond"] is Double && members["seconds"] is Double)
    #expect(try run(["runs"]).output.contains("words-1"))

    let similar = try json("similar", "words-1", "Red", "--top", "4")
    let near = try #require(similar["neighbours"] as? [[String: Any]])
    #expect(near.count == 4)
    #expect(near[0]["word"] is String && near[0]["similarity"] is Double)
    #expect((try json("analogy", "words-1", "red", "green", "one")["neighbours"]) is [Any])
    let odd = try json("odd-one-out", "words-1", "one", "two", "three")
    #expect(odd["odd"] is String)
    let context = try json("context", "words-1", "red", "green", "--top", "2")
    #expect((context["predictions"] as? [[String: Any]])?[0]["logProbability"] is Double)
    #expect(try run(["similar", "words-1", "red"]).output.contains("Similarity"))
  }

  @Test func evaluatesExportsAndDraws() throws {
    #expect(try train("--model", "cbow", "--quiet").error.isEmpty)
    try AtomicFile.write(": colours\nred green blue grey\nred green blue black\n", to: folder("q"))
    try AtomicFile.write("red green 9\none red 1\ntwo three 7\n", to: folder("pairs"))
    let scores = try json(
      "evaluate", "words-1", "--analogies", "q", "--similarities", "pairs")
    let total = try #require((scores["analogies"] as? [String: [String: Any]])?["total"])
    #expect(total["total"] as? Int == 1)
    #expect(total["missing"] as? Int == 1)
    let pairs = try #require((scores["similarities"] as? [String: [String: Any]])?["pairs"])
    #expect(pairs["pairs"] as? Int == 3)
    #expect(pairs["spearman"] is Double)
    for (format, name) in [("word2vec", "v.txt"), ("safetensors", "v.safetensors")] {
      let written = try json("export", "words-1", name, "--format", format)
      #expect(written["vocabulary"] as? Int == 10)
      let again = try json("import", name, "--format", format, "--output", "runs/\(format)")
      #expect(again["size"] as? Int == 16)
      #expect(
        try run(["similar", format, "red"]).output == run(["similar", "words-1", "red"]).output)
    }
    for name in ["map.png", "map.svg"] {
      let map = try json("map", "words-1", "--output", name, "--method", "pca")
      #expect((map["points"] as? [Any])?.count == 10)
      #expect(FileManager.default.fileExists(atPath: folder(name)))
    }
  }

  @Test func startsWithTheSizeAndLossOfARun() throws {
    #expect(try train("--loss", "sampled-softmax", "--epochs", "1").code == 0)
    let start = ["train", "words", "text.txt", "--start-from", "words-1", "--epochs", "1"]
    let more = try run(start + ["--share-vectors", "--output", "runs/more"])
    #expect(more.code == 0, "\(more.error)")
    #expect(try json("export", "more", "v.txt")["size"] as? Int == 16)
    try expectFault(
      start + ["--size", "20"], "--size: expected 16, as runs/words-1 has, got 20")
    #expect(try train("--loss", "hierarchical-softmax", "--epochs", "1").code == 0)
    try expectFault(
      ["train", "words", "text.txt", "--start-from", "words-2", "--negatives", "9"],
      "--negatives: --loss hierarchical-softmax draws none", code: 64)
  }

  @Test func aDashIsStandardOutput() throws {
    #expect(try train("--epochs", "1").code == 0)
    let written = try run(["export", "words-1", "-"])
    #expect(written.code == 0)
    #expect(written.output.hasPrefix("10 16\n"))
    #expect(written.error == "10 vectors of 16 numbers in /dev/stdout\n")
    try expectFault(
      ["export", "words-1", "-", "--json"], "--json: standard output takes the vectors", code: 64)
    try expectFault(
      ["map", "words-1", "red", "--top", "5", "--output", "m.png"],
      "--top: draws frequent words, leave it out where words are named", code: 64)
  }

  @Test func oneSeedGivesTheSameVectors() throws {
    for name in ["a", "b"] {
      #expect(
        try run([
          "train", "words", "text.txt", "--size", "16", "--threads", "2", "--deterministic",
          "--quiet", "--output", name,
        ]).code == 0)
    }
    #expect(
      try FileBytes.read(folder("a/weights.safetensors"))
        == FileBytes.read(folder("b/weights.safetensors")))
  }

  private func waitFor(_ name: String) throws {
    for _ in 0..<6000 {
      if FileManager.default.fileExists(atPath: folder(name)) { return }
      usleep(10_000)
    }
    throw POSIXError(.ETIMEDOUT)
  }

  @Test func keepsNothingWhereCtrlCComesBeforeTheTextIsRead() throws {
    try #require(mkfifo(folder("endless"), 0o600) == 0)
    let writer = open(folder("endless"), O_RDWR)
    defer { close(writer) }
    let running = try apus.start(["train", "words", "endless", "--output", "mine", "--json"])
    try waitFor("mine/checkpoint")
    Foundation.kill(running.process.processIdentifier, SIGINT)
    let result = try apus.finish(running)
    #expect(result.code == 130)
    #expect(result.output.isEmpty)
    #expect(result.error.contains("Stopped before there was anything to keep."))
    #expect(!FileManager.default.fileExists(atPath: folder("mine")))
  }

  /// One that comes while the program begins to listen ends it, too.
  @Test func noSignalIsLost() throws {
    try #require(mkfifo(folder("endless"), 0o600) == 0)
    let writer = open(folder("endless"), O_RDWR)
    defer { close(writer) }
    for wait in 0..<20 {
      let running = try apus.start(["train", "words", "endless", "--output", "mine", "--json"])
      try waitFor("mine")
      usleep(UInt32(wait) * 100)
      Foundation.kill(running.process.processIdentifier, SIGINT)
      #expect(try apus.finish(running).code == 130)
    }
  }

  @Test func aSignalLeavesNothingOfAnImport() throws {
    try #require(mkfifo(folder("endless"), 0o600) == 0)
    let writer = open(folder("endless"), O_RDWR)
    defer { close(writer) }
    let running = try apus.start(["import", "endless", "--output", "mine"])
    try waitFor("mine")
    usleep(50_000)
    Foundation.kill(running.process.processIdentifier, SIGTERM)
    let result = try apus.finish(running)
    #expect(result.code == 143)
    #expect(!FileManager.default.fileExists(atPath: folder("mine")))
  }

  @Test func recordsTheThreadsThatTrained() throws {
    let trained = try run([
      "train", "words", "text.txt", "--size", "16", "--threads", "2", "--deterministic", "--quiet",
      "--json",
    ])
    #expect(try trained.json["threads"] as? Int == 1)
  }

  @Test func faultsAreOneSentence() throws {
    try AtomicFile.write("", to: folder("empty.txt"))
    try AtomicFile.write("a b c\n", to: folder("rare.txt"))
    try AtomicFile.write(String(repeating: "word\n", count: 20), to: folder("single.txt"))
    try expectFault(
      ["train", "words", "empty.txt"], "empty.txt: expected a text with words, found none in it")
    try AtomicFile.write(
      [UInt8](repeating: 0xFF, count: 40) + Array(" two words ".utf8), to: folder("noise.bin"))
    try expectFault(
      ["train", "words", "noise.bin"],
      "noise.bin: expected text in UTF-8, got 40 faults of it beside 2 words; bytes of another kind, or text in "
        + "another encoding?")
    try expectFault(
      ["train", "words", "rare.txt"],
      "rare.txt: --min-count: no word comes 5 times, the most frequent one 1 time")
    try expectFault(
      ["train", "words", "single.txt"],
      "single.txt: expected sentences with two and more words of the vocabulary, all have one: nothing can "
        + "be learnt from them; --sentences blocks joins lines")
    try expectFault(
      ["train", "words", "none.txt"], "cannot read none.txt: No such file or directory")
    #expect(!FileManager.default.fileExists(atPath: folder("runs/words-1")))
    try expectFault(
      ["train", "words"], "<corpus>: expected files or folders with text, got none", code: 64)
    try expectFault(
      ["train", "words", ""], "<corpus>: expected files or folders, got an empty text", code: 64)
    try expectFault(
      ["train", "words", "text.txt", "--size", "0"], "--size: expected 1 to 4096, got 0",
      code: 64)
    try expectFault(
      ["import", "empty.txt"], "empty.txt, line 1: expected word vectors, got an empty file")
    try AtomicFile.write("2 2\na 1 2\nb 1 inf\n", to: folder("bad.txt"))
    try expectFault(
      ["import", "bad.txt"], "bad.txt, line 3: expected a finite number, got \"inf\"")
    try expectFault(
      ["similar", "text.txt", "red"], "text.txt: expected the folder of a run, got a file")
    #expect(try train("--epochs", "1", "--quiet").code == 0)
    try expectFault(
      ["export", "words-1", "runs/words-1/weights.safetensors"],
      "<file>: expected another file than the run's own weights, got runs/words-1/weights.safetensors",
      code: 64)
    try expectFault(
      ["export", "words-1", "none/v.txt"], "cannot write none/v.txt: No such file or directory")
    try expectFault(
      ["train", "words", "text.txt", "--phrase-threshold", "3"],
      "--phrase-threshold goes with --phrases", code: 64)
    try expectFault(
      ["similar", "words-1", "purple"], "\"purple\": has no vector, it is none of the 10 words")
    try expectFault(
      ["map", "words-1", "--top=-5", "--output", "m.png"], "--top: expected 3 to 2000, got -5",
      code: 64)
    try expectFault(
      ["evaluate", "words-1", "--seed", "3", "--analogies", "text.txt"], "--seed is not for words",
      code: 64)
    try expectFault(
      ["train", "words", "--resume", "words-1"], "runs/words-1: is finished after 1 epoch")
    try expectFault(
      ["train", "words", "--resume", "words-1", "--size", "3"],
      "--resume goes on with the run's own settings; leave --size out", code: 64)
  }

  /// Of words that a file has twice the first vector counts, as in gensim.
  @Test func repetitionsAreLeftOut() throws {
    try AtomicFile.write("4 2\na 1 2\nb 3 4\na 5 6\nc 0 1\n", to: folder("twice.txt"))
    let result = try run(["import", "twice.txt", "--output", "runs/twice"])
    #expect(result.code == 0)
    #expect(result.output.contains("3 vectors of 2 numbers"))
    #expect(result.error.contains("left out 1 vector whose word had come before"))
    #expect(try run(["export", "twice", "once.txt"]).code == 0)
    let text = String(decoding: try FileBytes.read(folder("once.txt")), as: UTF8.self)
    #expect(text == "3 2\na 1.0 2.0\nb 3.0 4.0\nc 0.0 1.0\n")
  }

  /// word2vec.c cuts long words within a character.
  @Test func wordsThatWereCutAreRepaired() throws {
    try AtomicFile.write(
      Array("3 1\na 1\nb 2\nc".utf8) + [0xE4, 0xB8] + Array(" 3\n".utf8),
      to: folder("cut.txt"))
    let result = try run(["import", "cut.txt", "--output", "runs/cut"])
    #expect(result.code == 0)
    #expect(result.error.contains("bytes that are no UTF-8 in 1 word are U+FFFD now"))
    #expect(try run(["export", "cut", "whole.txt"]).code == 0)
    let text = String(decoding: try FileBytes.read(folder("whole.txt")), as: UTF8.self)
    #expect(text == "3 1\na 1.0\nb 2.0\nc\u{FFFD} 3.0\n")
  }
}
