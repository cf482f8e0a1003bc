import ApusDatasets
import ApusNumerics
import ApusTensors
import ApusWordVectors
import FoundationEssentials

/// The time of training word vectors, without reading the text.
public struct WordsBenchmark: Sendable {
  /// Seconds of each training, in order.
  public let samples: [Double]
  /// Tokens of the text, rare ones included.
  public let words: Int
  public let epochs: Int
  public let vocabulary: Int
  public let threads: Int
  /// The most memory the process held, in bytes.
  public let peakMemoryBytes: Int

  /// Trains `count` times from new vectors.
  public init(_ settings: WordsSettings, samples count: Int) throws {
    try settings.check()
    let path = FileManager.default.temporaryDirectory.path + "/apus-words-\(UUID().uuidString)"
    let corpus = try EncodedCorpus(creating: path)
    // The file lives as long as it is open.
    try FileManager.default.removeItem(atPath: path)
    var encoder = CorpusEncoder(into: corpus, limit: settings.training.vocabularyLimit)
    for part in try TextFiles.parts(of: settings.corpus) {
      try encoder.read(part.open(), settings.text) { _ in }
    }
    let (vocabulary, facts) = try encoder.vocabulary(
      minimumCount: settings.training.minimumCount)
    var samples: [Double] = []
    for _ in 0..<count {
      let model = try WordModel(vocabulary, settings.training, seed: settings.seed)
      let trainer = WordTrainer(
        model, on: corpus, seed: settings.seed, threads: settings.workers)
      let start = ContinuousClock.now
      try trainer.train { _ in true }
      samples.append((ContinuousClock.now - start) / .seconds(1))
    }
    self.samples = samples
    words = facts.tokens
    epochs = settings.training.epochs
    self.vocabulary = vocabulary.count
    threads = settings.workers
    peakMemoryBytes = SystemFiles.peakMemoryBytes
  }

  /// The middle of the samples.
  public var seconds: Double { median(of: samples) }

  /// Tokens times epochs, for each second of training.
  public var wordsPerSecond: Double { Double(words * epochs) / seconds }

  public var json: JSON {
    .object([
      "milliseconds": .number(seconds * 1e3), "wordsPerSecond": .number(wordsPerSecond),
      "words": .integer(words), "epochs": .integer(epochs), "vocabulary": .integer(vocabulary),
      "samples": .array(samples.map { .number($0 * 1e3) }), "threads": .integer(threads),
      "peakMemoryBytes": .integer(peakMemoryBytes),
    ])
  }
}

/// The time of a search for the nearest of many random vectors.
public struct NeighbourBenchmark: Sendable {
  /// Seconds of each search, in order.
  public let samples: [Double]
  public let words: Int
  public let size: Int
  public let queries: Int
  public let threads: Int
  public let peakMemoryBytes: Int

  /// Searches `count` times for the ten nearest of each query.
  public init(words: Int, size: Int, queries: Int, threads: Int, samples count: Int) throws {
    let vectors = Tensor(TensorType([words, size])) { bytes in
      var stream = PhiloxStream(seed: 1, purpose: StreamPurpose.initialization)
      let numbers = bytes.bindMemory(to: Float.self)
      for place in numbers.indices {
        numbers[place] = Float(stream.nextWord() >> 8) * 0x1p-24 - 0.5
      }
    }
    let index = try NeighbourIndex(
      WordVectors(words: (0..<words).map(String.init), vectors: vectors), threads: threads)
    let asked = vectors.withElements(as: Float.self) { numbers in
      (0..<queries).map { query in
        NeighbourIndex.Query(
          Array(numbers[query * size..<(query + 1) * size]), excluding: [query])
      }
    }
    var samples: [Double] = []
    for _ in 0..<count {
      let start = ContinuousClock.now
      _ = try index.nearest(to: asked, count: 10)
      samples.append((ContinuousClock.now - start) / .seconds(1))
    }
    self.samples = samples
    (self.words, self.size, self.queries, self.threads) = (words, size, queries, threads)
    peakMemoryBytes = SystemFiles.peakMemoryBytes
  }

  /// The middle of the samples.
  public var seconds: Double { median(of: samples) }

  public var json: JSON {
    .object([
      "milliseconds": .number(seconds * 1e3), "words": .integer(words), "size": .integer(size),
      "queries": .integer(queries), "threads": .integer(threads),
      "samples": .array(samples.map { .number($0 * 1e3) }),
      "peakMemoryBytes": .integer(peakMemoryBytes),
    ])
  }
}
