import ApusApplications
import ApusFormats
import ApusNumerics
import ApusTensors
import ApusWordVectors
import Foundation
import Synchronization
import Testing

/// Runs of `words` from text to vectors.
@Suite struct WordsRecipeTests {
  let folder = TemporaryFolder()

  /// Sentences of one of two topics each.
  private static func text(lines: Int, seed: UInt64 = 1) -> String {
    let topics = [
      ["bread", "butter", "cheese", "apple", "honey"], ["river", "lake", "ocean", "stream", "sea"],
    ]
    var generator = PhiloxStream(seed: seed, purpose: 1)
    return (0..<lines).map { _ in
      let topic = topics[Int.random(in: 0..<2, using: &generator)]
      return (0..<8).map { _ in topic[Int.random(in: 0..<5, using: &generator)] }
        .joined(separator: " ")
    }.joined(separator: "\n")
  }

  private func settings(lines: Int = 600) -> WordsSettings {
    folder.write(Self.text(lines: lines), to: "text.txt")
    var settings = WordsSettings()
    settings.corpus = [folder("text.txt")]
    settings.training.size = 16
    settings.training.subsample = 0
    settings.threads = 1
    return settings
  }

  private func bits(_ run: RunFolder) throws -> Tensor {
    try WordsRecipe.vectors(of: run).vectors
  }

  /// Why a training fails; nil where it does not.
  private func failure(of settings: WordsSettings, output: String) async -> (any Error)? {
    do {
      _ = try await WordsRecipe.train(settings, output: folder(output))
      return nil
    } catch {
      return error
    }
  }

  @Test func learnsTopicsAndLeavesAWholeRun() async throws {
    var settings = settings(lines: 3000)
    settings.training.epochs = 10
    let outcome = try await WordsRecipe.train(settings, output: folder("run"))
    #expect(outcome.isFinished)
    #expect(outcome.vocabulary == 10)
    #expect(outcome.facts.tokens == 24_000)
    let run = outcome.folder
    let index = try NeighbourIndex(WordsRecipe.vectors(of: run), threads: 1)
    let near = try index.similar(to: ["bread"], top: 4).map(\.word)
    #expect(Set(near) == ["butter", "cheese", "apple", "honey"])
    let predicted = try WordsRecipe.predictor(of: run)
      .predictions(among: ["river", "lake"], top: 3)
    #expect(Set(predicted.map(\.word)) == ["ocean", "stream", "sea"])
    for name in ["report.html", "weights.safetensors", "metrics.jsonl", "run.json"] {
      #expect(FileManager.default.fileExists(atPath: run.path + "/" + name), "\(name)")
    }
    #expect(!FileManager.default.fileExists(atPath: run.checkpointFolder))
    let json = outcome.json
    #expect(json["words"] == .integer(24_000))
    #expect(json["status"] == .string("finished"))
    await #expect(throws: RunError.self) { try await WordsRecipe.resume(run) }
  }

  @Test(arguments: WordTrainingSettings.Loss.allCases)
  func resumedRunsHaveTheBitsOfOthers(loss: WordTrainingSettings.Loss) async throws {
    var settings = settings(lines: 4000)
    settings.training.loss = loss
    settings.training.epochs = 40
    let whole = try await WordsRecipe.train(settings, output: folder("whole-\(loss)")).folder
    let torn = try await interrupted(settings, output: "torn-\(loss)")
    let outcome = try await WordsRecipe.resume(torn)
    #expect(outcome.isFinished)
    #expect(try bits(outcome.folder).hasSameBits(as: bits(whole)))
  }

  /// A run that was interrupted as its training began.
  private func interrupted(_ settings: WordsSettings, output: String) async throws -> RunFolder {
    let path = folder(output)
    let outcome = try await Task {
      try await WordsRecipe.train(settings, output: path) { event in
        if case .vocabulary = event { withUnsafeCurrentTask { $0?.cancel() } }
      }
    }.value
    #expect(outcome.record.status == .interrupted)
    return outcome.folder
  }

  /// What was measured when it was interrupted is not true of what it learns after.
  @Test func aResumedRunHasNoResultsUntilItEnds() async throws {
    let run = try await interrupted(settings(lines: 4000), output: "run")
    #expect(try run.record().results != nil)
    let records = Records<RunRecord>()
    let outcome = try await WordsRecipe.resume(run) { _ in records.add(try? run.record()) }
    #expect(!records.all.isEmpty)
    #expect(records.all.allSatisfy { $0.results == nil })
    #expect(outcome.record.results != nil)
  }

  /// By its checksum, and where a checkpoint of earlier versions has none, by its numbers.
  @Test(arguments: [true, false])
  func aDamagedTextOfARunIsNamed(hasChecksum: Bool) async throws {
    var settings = settings(lines: 4000)
    settings.training.epochs = 40
    let run = try await interrupted(settings, output: "damaged-\(hasChecksum)")
    if !hasChecksum {
      try change("\"corpusChecksum\": ?[0-9]+,", to: "", inThePositionOf: run)
    }
    let path = run.checkpointFolder + "/corpus.ids"
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    try file.seek(toOffset: 4000)
    try file.write(contentsOf: Data([0xFF, 0xFF, 0xFF, 0x7F]))
    try file.close()
    let error = await #expect(throws: FormatError.self) { try await WordsRecipe.resume(run) }
    let sentence =
      hasChecksum
      ? "\(path): expected the text that training began with, of checksum "
      : "\(path), byte 4000: expected a word's number below 10, or -1, got 2147483647"
    #expect(error?.description.hasPrefix(sentence) == true)
  }

  /// Changes a checkpoint's position without damage to its file.
  func change(_ pattern: String, to text: String, inThePositionOf run: RunFolder) throws {
    let path = run.checkpointFolder + "/last.safetensors"
    var contents = try WordModelFile(reading: path)
    let position = try #require(contents.metadata["position"])
    let changed = position.replacing(try Regex(pattern), with: text)
    #expect(changed != position)
    contents.metadata["position"] = changed
    try contents.write(to: path)
  }

  @Test(arguments: [
    ("corpusCount", "4611686018427387904"), ("segment", "-1"), ("tokens", "9223372036854775807"),
  ])
  func aDamagedPositionIsRefused(key: String, value: String) async throws {
    var settings = settings(lines: 4000)
    settings.training.epochs = 40
    let run = try await interrupted(settings, output: "position-\(key)")
    try change("\"\(key)\": ?[0-9]+", to: "\"\(key)\":\(value)", inThePositionOf: run)
    let error = await #expect(throws: RunError.self) { try await WordsRecipe.resume(run) }
    #expect(error?.description.contains("its position is wrong") == true)
  }

  /// One bit of one number, in the weights of a run and in its checkpoint.
  @Test(arguments: [false, true])
  func aChangedBitIsFound(isCheckpoint: Bool) async throws {
    var settings = settings(lines: 4000)
    if isCheckpoint { settings.training.epochs = 40 }
    let name = "bit-\(isCheckpoint)"
    let run =
      isCheckpoint
      ? try await interrupted(settings, output: name)
      : try await WordsRecipe.train(settings, output: folder(name)).folder
    let path = isCheckpoint ? run.checkpointFolder + "/last.safetensors" : run.weightsFile
    var bytes = try FileBytes.read(path)
    bytes[bytes.count - 200] ^= 1
    try AtomicFile.write(bytes, to: path)
    let error = await #expect(throws: FormatError.self) {
      if isCheckpoint {
        _ = try await WordsRecipe.resume(run)
      } else {
        _ = try WordsRecipe.vectors(of: run)
      }
    }
    #expect(
      error?.description
        == "\(path): expected what its checksum says, got other words or numbers")
  }

  @Test(arguments: [
    ("window", "its setting training.window is 4, that of its checkpoint 5"),
    ("seed", "its setting seed is \"9\", that of its checkpoint \"0\""),
  ])
  func aCheckpointOfAnotherRunIsRefused(setting: String, reason: String) async throws {
    var settings = settings(lines: 4000)
    settings.training.epochs = 40
    let run = try await interrupted(settings, output: "own-\(setting)")
    if setting == "seed" { settings.seed = 9 } else { settings.training.window = 4 }
    let other = try await interrupted(settings, output: "other-\(setting)")
    let name = "/last.safetensors"
    try FileManager.default.removeItem(atPath: other.checkpointFolder + name)
    try FileManager.default.copyItem(
      atPath: run.checkpointFolder + name, toPath: other.checkpointFolder + name)
    let record = try Data(contentsOf: URL(filePath: other.recordFile))
    let error = await #expect(throws: RunError.self) { try await WordsRecipe.resume(other) }
    #expect(error?.description == "\(other.recordFile): \(reason)")
    #expect(try Data(contentsOf: URL(filePath: other.recordFile)) == record)
  }

  @Test func goesOnWithMoreText() async throws {
    let first = try await WordsRecipe.train(settings(), output: folder("first")).folder
    folder.write(
      String(repeating: "bread stone wood bread stone\n", count: 50), to: "more.txt")
    var settings = settings()
    settings.corpus = [folder("more.txt")]
    settings.start = first.path
    let second = try await WordsRecipe.train(settings, output: folder("second")).folder
    let (before, after) = try (WordsRecipe.vectors(of: first), WordsRecipe.vectors(of: second))
    #expect(after.words.count == 12)
    #expect(after.index(of: "stone") != nil)
    let sea = try #require(before.index(of: "sea"))
    #expect(
      try after.counts?[#require(after.index(of: "sea"))] == before.counts?[sea])
    // The new text has no sea, so its vector stays.
    #expect(try after.vector(of: "sea") == before.vector(of: "sea"))
    #expect(try after.vector(of: "bread") != before.vector(of: "bread"))
    settings.training.size = 20
    #expect(await failure(of: settings, output: "third") is RunError)
  }

  @Test func textsThatTeachNothingLeaveNoRun() async throws {
    for text in ["", "\n \n", "a b c\n", String(repeating: "word\n", count: 20)] {
      var settings = settings()
      folder.write(text, to: "text.txt")
      settings.corpus = [folder("text.txt")]
      #expect(await failure(of: settings, output: "run") is WordVectorError)
      #expect(!FileManager.default.fileExists(atPath: folder("run")))
    }
  }

  @Test func prunesAtTheLimitAndSaysSo() async throws {
    let rare = (0..<5000).map { "rare\($0) " }.joined()
    folder.write(Self.text(lines: 200) + "\n" + rare + "\n" + Self.text(lines: 200), to: "t.txt")
    var settings = settings()
    settings.corpus = [folder("t.txt")]
    settings.training.vocabularyLimit = 1000
    let notices = Mutex([String]())
    let outcome = try await WordsRecipe.train(settings, output: folder("run")) { event in
      if case .notice(let text) = event { notices.withLock { $0.append(text) } }
    }
    #expect(outcome.facts.prunedWords > 0)
    #expect(outcome.vocabulary == 10)
    #expect(notices.withLock { $0.contains { $0.contains("different words") } })
  }

  @Test(arguments: WordVectorFormat.allCases)
  func importedVectorsMakeARun(format: WordVectorFormat) throws {
    let vectors = try WordVectors(
      words: ["a", "b", "c"], vectors: Tensor([1, 0, 0.9, 0.1, 0, 1] as [Float], shape: [3, 2]))
    try format.write(vectors, to: folder("vectors"))
    let (run, _, _) = try WordsRecipe.importRun(
      folder("vectors"), format, output: folder("imported"))
    #expect(try bits(run).hasSameBits(as: vectors.vectors))
    #expect(throws: WordVectorError.self) { try WordsRecipe.predictor(of: run) }
  }
}
