import ApusApplications
import ApusFormats
import ApusTerminal
import ApusWordVectors
import ArgumentParser
import Synchronization

/// `--top`.
struct TopOption: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Words to print.", valueName: "n"))
  var top = 10

  func validate() throws {
    guard 1...100_000 ~= top else {
      throw ValidationError("--top: expected 1 to 100000, got \(top)")
    }
  }
}

/// `--format`.
struct VectorFormatOption: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "word2vec, word2vec-binary, glove or safetensors.", valueName: "format"))
  var format = WordVectorFormat.word2vec
}

/// What verbs about neighbours take.
struct NeighbourOptions: ParsableArguments {
  @OptionGroup var list: TopOption
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var results: ResultOptions

  var top: Int { list.top }

  /// The words of a run, to be searched.
  func index(of folder: RunFolder) throws -> NeighbourIndex {
    try NeighbourIndex(
      WordsRecipe.vectors(of: folder), threads: threads.threads ?? WordsSettings().threads)
  }

  /// Prints what `search` finds, with how long it took.
  func show(_ search: () throws -> [Neighbour]) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let neighbours = try search()
    let milliseconds = (clock.now - start) / .milliseconds(1)
    if results.json {
      return Output.show([
        "neighbours": .array(neighbours.map(\.json)), "milliseconds": .number(milliseconds),
      ])
    }
    print(Self.table(of: neighbours), terminator: "")
  }

  static func table(of neighbours: [Neighbour]) -> String {
    var table = TextTable([.init("Word"), .init("Similarity", .right)])
    for neighbour in neighbours { table.add([neighbour.word, neighbour.similarity.fixed(4)]) }
    return table.rendered(for: .output)
  }
}

/// `apus similar`.
struct SimilarCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "similar",
    abstract: "Find the words most similar to words.",
    discussion: """
      With several words their mean is looked for. Every word is compared: the result is \
      exact.

      EXAMPLES
        apus similar words-1 paris
        apus similar words-1 king queen --top 20 --json
      """)

  @OptionGroup var target: RunArgument
  @Argument(help: "Words with vectors.")
  var words: [String]
  @OptionGroup var options: NeighbourOptions

  func run() throws {
    let index = try options.index(of: target.folder)
    try options.show { try index.similar(to: words, top: options.top) }
  }
}

/// `apus analogy`.
struct AnalogyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analogy",
    abstract: "Find the word that is to C as B is to A.",
    discussion: """
      EXAMPLES
        apus analogy words-1 athens greece oslo
        apus analogy words-1 man king woman --top 3
      """)

  @OptionGroup var target: RunArgument
  @Argument(help: "A word.")
  var a: String
  @Argument(help: "What it is related to.")
  var b: String
  @Argument(help: "The word to find the relative of.")
  var c: String
  @OptionGroup var options: NeighbourOptions

  func run() throws {
    let index = try options.index(of: target.folder)
    try options.show { try index.analogy(a, b, c, top: options.top) }
  }
}

/// `apus odd-one-out`.
struct OddOneOutCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "odd-one-out",
    abstract: "Find the word that does not belong to the others.",
    discussion: """
      The word least similar to the mean of all.

      EXAMPLES
        apus odd-one-out words-1 breakfast lunch dinner bicycle
      """)

  @OptionGroup var target: RunArgument
  @Argument(help: "Three words or more.")
  var words: [String]
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var results: ResultOptions

  func validate() throws {
    guard words.count >= 3 else {
      throw ValidationError("<words>: expected at least 3, got \(words.count)")
    }
  }

  func run() throws {
    let index = try NeighbourIndex(
      WordsRecipe.vectors(of: target.folder),
      threads: threads.threads ?? WordsSettings().threads)
    let order = try index.oddOneOut(of: words)
    if results.json {
      return Output.show([
        "odd": order.first.map { .string($0.word) } ?? .null,
        "similarities": .array(order.map(\.json)),
      ])
    }
    print(NeighbourOptions.table(of: order), terminator: "")
  }
}

/// `apus context`.
struct ContextCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "context",
    abstract: "Say which word stands among words.",
    discussion: """
      Prints the natural logarithm of the probability among all words; the words \
      themselves do not count. The run must have been trained here.

      EXAMPLES
        apus context words-1 the capital of is
      """)

  @OptionGroup var target: RunArgument
  @Argument(help: "The words around.")
  var words: [String]
  @OptionGroup var list: TopOption
  @OptionGroup var results: ResultOptions

  func run() throws {
    let found = try WordsRecipe.predictor(of: target.folder).predictions(
      among: words, top: list.top)
    if results.json { return Output.show(["predictions": .array(found.map(\.json))]) }
    var table = TextTable([.init("Word"), .init("Log probability", .right)])
    for one in found { table.add([one.word, one.logProbability.fixed(4)]) }
    print(table.rendered(for: .output), terminator: "")
  }
}

/// `apus export`.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the vectors of a run for other programs.",
    discussion: """
      EXAMPLES
        apus export words-1 vectors.txt --format word2vec
        apus export words-1 vectors.bin --format word2vec-binary
      """)

  @OptionGroup var target: RunArgument
  @Argument(help: "The file to write; - is standard output.")
  var file: String
  @OptionGroup var encoding: VectorFormatOption
  @OptionGroup var results: ResultOptions

  func validate() throws {
    guard !file.isEmpty else {
      throw ValidationError("<file>: expected the path of a file, got an empty text")
    }
    guard !results.json || file.outputPath != "/dev/stdout" else {
      throw ValidationError("--json: standard output takes the vectors")
    }
  }

  func run() throws {
    let folder = try target.folder
    let file = file.outputPath
    guard !AtomicFile.isSame(file, folder.weightsFile) else {
      throw ValidationError("<file>: expected another file than the run's own weights, got \(file)")
    }
    try AtomicFile.checkWritable(file)
    let vectors = try WordsRecipe.vectors(of: folder)
    try Interruption.discarding { try encoding.format.write(vectors, to: file) }
    if results.json {
      return Output.show([
        "file": .string(file), "format": .string(encoding.format.rawValue),
        "vocabulary": .integer(vectors.words.count), "size": .integer(vectors.size),
      ])
    }
    let sentence =
      "\(vectors.words.count.counted("vector")) of \(vectors.size.counted("number")) in \(file)"
    if file == "/dev/stdout" { return Output.note(sentence) }
    print(sentence.escapingControls)
  }
}

/// `apus import`.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make a run of word vectors from another program's file.",
    discussion: """
      The file may be compressed. The run can be used with every verb about words.

      EXAMPLES
        apus import glove.txt --format glove --output runs/glove
        apus import vectors.bin.gz --format word2vec-binary
      """)

  @Argument(help: "The file to read; - is standard input.")
  var file: String
  @OptionGroup var encoding: VectorFormatOption
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Folder of the run, empty or new. (default: the next runs/words-N)", valueName: "dir"))
  var output: String?
  @OptionGroup var results: ResultOptions

  func run() throws {
    let discard = Mutex<(@Sendable () -> Void)?>(nil)
    let (folder, vectors, repetitions) = try Interruption.discarding {
      try WordsRecipe.importRun(file.inputPath, encoding.format, output: output) { remove in
        discard.withLock { $0 = remove }
      }
    } onSignal: {
      discard.withLock { $0?() }
    }
    if repetitions > 0 {
      Output.note(
        "Note: left out \(repetitions.counted("vector")) whose word had come before")
    }
    let repaired = vectors.repairedCount
    if repaired > 0 {
      Output.note("Note: bytes that are no UTF-8 in \(repaired.counted("word")) are U+FFFD now")
    }
    if results.json {
      return Output.show([
        "run": .string(folder.path), "vocabulary": .integer(vectors.words.count),
        "size": .integer(vectors.size),
      ])
    }
    print(
      "\(vectors.words.count.counted("vector")) of \(vectors.size.counted("number")) in \(folder.path.escapingControls)"
    )
  }
}
