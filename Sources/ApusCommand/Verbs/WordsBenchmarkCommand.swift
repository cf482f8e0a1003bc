import ApusApplications
import ApusDatasets
import ApusTerminal
import ApusWordVectors
import ArgumentParser

/// `apus benchmark words`.
struct WordsBenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "words",
    abstract: "Time the training of word vectors.",
    usage: "apus benchmark words <text> <options>",
    discussion: """
      A sample is a whole training, without reading the text.

      EXAMPLES
        apus benchmark words corpus.txt --tokens blanks --model cbow --samples 3
        apus benchmark words corpus.txt.xz --preset keras --threads 1
      """)

  @Argument(help: "A file or folder with text.")
  var text: String
  @Option(name: .long, help: ArgumentHelp("keras, as for training.", valueName: "name"))
  var preset: WordsPreset?
  @Option(name: .long, help: ArgumentHelp("What predicts what.", valueName: "kind"))
  var model: WordTrainingSettings.Model?
  @Option(name: .long, help: ArgumentHelp("What a token is.", valueName: "kind"))
  var tokens = TextOptions.Tokens.words
  @Option(name: .long, help: ArgumentHelp("Passes over the text.", valueName: "n"))
  var epochs = 1
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var options: ProcessBenchmarkOptions

  func run() throws {
    var settings = WordsSettings()
    settings.corpus = [text]
    settings.text.tokens = tokens
    if preset == .keras { settings.training = .keras }
    settings.training.model = model ?? settings.training.model
    settings.training.epochs = epochs
    settings.threads = threads.threads ?? settings.threads
    let benchmark = try WordsBenchmark(settings, samples: options.samples)
    if options.results.json { return Output.show(benchmark.json) }
    let facts = ResultTables.facts([
      ("Training", "\((benchmark.seconds * 1e3).fixed(1)) ms, median of \(options.samples)"),
      ("Words a second", Int(benchmark.wordsPerSecond).grouped),
      ("Words of text", benchmark.words.grouped), ("Epochs", "\(benchmark.epochs)"),
      ("Vocabulary", benchmark.vocabulary.grouped),
      ("Peak memory", "\(ByteCount(benchmark.peakMemoryBytes))"),
      ("Threads", "\(benchmark.threads)"),
    ])
    print(facts, terminator: "")
  }
}

/// `apus benchmark neighbours`.
struct NeighbourBenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "neighbours",
    abstract: "Time the search for the ten most similar of random vectors.",
    usage: "apus benchmark neighbours <options>",
    discussion: """
      EXAMPLES
        apus benchmark neighbours --words 1000000 --size 300
        apus benchmark neighbours --queries 64 --threads 2
      """)

  @Option(name: .long, help: ArgumentHelp("Vectors.", valueName: "n"))
  var words = 1_000_000
  @Option(name: .long, help: ArgumentHelp("Numbers of a vector.", valueName: "n"))
  var size = 300
  @Option(name: .long, help: ArgumentHelp("Words that are looked for at once.", valueName: "n"))
  var queries = 1
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var options: ProcessBenchmarkOptions

  func validate() throws {
    for (name, value, range) in [
      ("--words", words, 1...100_000_000), ("--size", size, 1...4096),
      ("--queries", queries, 1...100_000),
    ] where !range.contains(value) {
      throw ValidationError(
        "\(name): expected \(range.lowerBound) to \(range.upperBound), got \(value)")
    }
    guard queries <= words else {
      throw ValidationError("--queries: expected at most \(words), the vectors, got \(queries)")
    }
  }

  func run() throws {
    let benchmark = try NeighbourBenchmark(
      words: words, size: size, queries: queries,
      threads: threads.threads ?? WordsSettings().threads, samples: options.samples)
    if options.results.json { return Output.show(benchmark.json) }
    let facts = ResultTables.facts([
      ("Search", "\((benchmark.seconds * 1e3).fixed(2)) ms, median of \(options.samples)"),
      ("Vectors", "\(words.grouped) of \(size) numbers"), ("Queries", "\(queries)"),
      ("Peak memory", "\(ByteCount(benchmark.peakMemoryBytes))"),
      ("Threads", "\(benchmark.threads)"),
    ])
    print(facts, terminator: "")
  }
}
