import ApusFormats
import ApusWordVectors
import FoundationEssentials

/// What a run of `words` needs to go on: its vectors, and where in the text it stands.
///
/// `checkpoint/last.safetensors` holds the vectors and the position, `checkpoint/corpus.ids` the text as
/// numbers of words; it is written once and removed at the end.
struct WordsCheckpoint {
  /// Where training stands.
  struct Position: Codable {
    var segment = 0
    var seconds = 0.0
    var facts = CorpusFacts()
    /// Numbers in the encoded text.
    var corpusCount = 0
    /// Of the encoded text; checkpoints of earlier versions keep none.
    var corpusChecksum: UInt32?
    var losses: [WordTrainer.EpochLoss] = []

    /// Whether a run can stand there.
    var makesSense: Bool {
      let most = 1 << 50
      return 0...most ~= segment && seconds >= 0 && seconds.isFinite && 1...most ~= corpusCount
        && 0...most ~= facts.tokens && losses.allSatisfy { 0...most ~= $0.pairs }
    }
  }

  static func file(of folder: RunFolder) -> String {
    folder.checkpointFolder + "/last.safetensors"
  }

  static func corpusFile(of folder: RunFolder) -> String {
    folder.checkpointFolder + "/corpus.ids"
  }

  static func write(
    _ model: WordModel, _ position: Position, _ settings: WordsSettings, to folder: RunFolder
  ) throws {
    let text = try JSON(encoding: position).line
    try WordModelFile.write(
      model, isWhole: true,
      metadata: [
        "recipe": WordsRecipe.name, "position": text, "settings": settings.digest(),
      ], to: file(of: folder))
  }

  /// The model and the position in the folder of a run.
  ///
  /// - Throws: ``RunError`` or `FormatError` where there is none or it is damaged.
  static func read(
    from folder: RunFolder, _ settings: WordsSettings
  ) throws -> (model: WordModel, position: Position) {
    let path = file(of: folder)
    guard FileManager.default.fileExists(atPath: path) else {
      throw RunError.setting(
        "\(folder.path): was stopped before its text was read; remove the folder and train anew")
    }
    let file = try WordModelFile(reading: path)
    guard let text = file.metadata["position"], let output = file.output, let counts = file.counts
    else {
      throw RunError.damaged(file: path, reason: "expected a checkpoint of word vectors")
    }
    // Checkpoints of earlier versions keep no settings.
    if let kept = file.metadata["settings"],
      let difference = try SettingsDigest.difference(settings.digest(), kept)
    {
      throw difference.fault(of: folder)
    }
    let position: Position
    do {
      position = try JSONDecoder().decode(Position.self, from: Data(text.utf8))
    } catch let error as DecodingError {
      throw RunError.damaged(file: path, reason: "its position is wrong: " + error.sentence)
    }
    guard position.makesSense else {
      throw RunError.damaged(file: path, reason: "its position is wrong: \(text)")
    }
    let model = try WordModel(
      Vocabulary(words: file.words, counts: counts), settings.training, seed: settings.seed)
    try model.setVectors(input: file.vectors, output: output)
    try model.restore(optimizerState: file.optimizer, biases: file.biases)
    return (model, position)
  }
}
