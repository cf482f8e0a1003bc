import ApusWordVectors

/// The words and vectors of an earlier run that training goes on from, with more text.
struct WordsStart {
  private let file: WordModelFile
  let vocabulary: Vocabulary

  /// What the settings name; nil where they name no run.
  ///
  /// - Throws: ``RunError`` where its vectors have another size or were trained with another loss.
  init?(_ settings: WordsSettings) throws {
    guard let name = settings.start else { return nil }
    let folder = try RunFolder.find(name)
    file = try WordsRecipe.modelFile(of: folder)
    let size = file.vectors.shape[1]
    guard size == settings.training.size else {
      throw RunError.setting(
        "--size: expected \(size), as \(folder.path) has, got \(settings.training.size)")
    }
    if let loss = file.metadata["loss"], loss != settings.training.loss.rawValue {
      throw RunError.setting(
        "--loss: expected \(loss), as \(folder.path) has, got \(settings.training.loss.rawValue)")
    }
    vocabulary = Vocabulary(
      words: file.words, counts: file.counts ?? [Int](repeating: 1, count: file.words.count))
  }

  /// Puts the vectors where their words are now; a tree has other nodes, so those begin anew.
  func give(to model: WordModel) throws {
    let places = vocabulary.words.map { model.vocabulary.index(of: $0) ?? 0 }
    let isTree = model.settings.loss == .hierarchicalSoftmax
    try model.setVectors(input: file.vectors, output: isTree ? nil : file.output, at: places)
    if let biases = file.biases { model.setBiases(biases, at: places) }
  }
}
