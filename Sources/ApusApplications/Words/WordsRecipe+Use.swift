import ApusFormats
import ApusPictures
import ApusWordVectors
import FoundationEssentials

extension WordsRecipe {
  /// What a run's model says stands among words.
  ///
  /// - Throws: ``RunError`` where the run is another recipe's or is not finished; `WordVectorError`.
  public static func predictor(of folder: RunFolder) throws -> ContextPredictor {
    let file = try modelFile(of: folder)
    return try ContextPredictor(
      file.wordVectors, output: file.output, biases: file.biases,
      model: file.metadata["model"].flatMap(WordTrainingSettings.Model.init),
      loss: file.metadata["loss"].flatMap(WordTrainingSettings.Loss.init))
  }

  /// The size of a run's vectors and the loss they were trained with, nil where it is not known.
  package static func form(
    of folder: RunFolder
  ) throws -> (size: Int?, loss: WordTrainingSettings.Loss?) {
    try checkFinished(folder)
    let file = try SafetensorsFile(folder.weightsFile)
    let shape = file.type(of: "vectors")?.shape
    return (
      shape?.rank == 2 ? shape?[1] : nil,
      file.metadata["loss"].flatMap(WordTrainingSettings.Loss.init)
    )
  }

  static func modelFile(of folder: RunFolder) throws -> WordModelFile {
    try checkFinished(folder)
    return try WordModelFile(reading: folder.weightsFile)
  }

  private static func checkFinished(_ folder: RunFolder) throws {
    let record = try folder.record(of: name)
    guard folder.hasWeights else {
      throw record.status == .finished
        ? RunError.damaged(file: folder.weightsFile, reason: "is missing, train the run again")
        : RunError.unfinished(path: folder.path, recipe: name, failure: record.failure)
    }
  }

  /// Draws a map of words into a PNG or SVG file.
  ///
  /// - Parameter words: the words; where none is given, the `count` most frequent.
  /// - Throws: ``RunError``, `WordVectorError` where a word has no vector, `PictureError` where no font has a
  ///   word's letters.
  public static func drawMap(
    of folder: RunFolder, words: [String], count: Int, by method: WordMap.Method, to path: String
  ) throws -> WordMap {
    try AtomicFile.checkWritable(path)
    let vectors = try vectors(of: folder)
    let chosen = words.isEmpty ? Array(vectors.words.prefix(count)) : words
    let map = try WordMap(of: chosen, in: vectors, by: method)
    let picture = map.picture
    let isVector = path.lowercased().hasSuffix(".svg")
    try AtomicFile.write(isVector ? picture.svg() : picture.png(), to: path)
    return map
  }
}

extension WordMap {
  /// The map as a picture.
  var picture: LabelledMap {
    let name = method == .pca ? "principal axes" : "t-SNE"
    return LabelledMap(
      "\(places.count) words by \(name)", points: places.map { ($0.word, $0.x, $0.y) })
  }

  public var json: JSON {
    .object([
      "method": .string(method.rawValue),
      "points": .array(
        places.map {
          .object(["word": .string($0.word), "x": .number($0.x), "y": .number($0.y)])
        }),
    ])
  }
}

extension WordPrediction {
  /// The prediction as `apus context` prints it.
  public var json: JSON {
    .object(["word": .string(word), "logProbability": .number(logProbability)])
  }
}
