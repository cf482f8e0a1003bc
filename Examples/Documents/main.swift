// Learns a vector for each document (PV-DM) and prints the documents most like each.
//
//   ExampleDocuments FILE... [--epochs N]
//
// Each file is a document. A word is predicted from the words around it, from the pieces that these are
// spelt with, and from the document that it stands in: two inputs of one model.
import ApusFormats
import ApusWordGraphs
import ApusWordVectors
import Glibc

/// Ends the program with a sentence.
func fail(_ sentence: String) -> Never {
  _ = "ExampleDocuments: \(sentence)\n".withCString { write(STDERR_FILENO, $0, strlen($0)) }
  exit(1)
}

var files: [String] = []
var settings = WordTrainingSettings()
settings.model = .cbow
(settings.size, settings.epochs, settings.learningRate) = (40, 20, 0.05)
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
  if argument == "--epochs", let epochs = arguments.popFirst().flatMap({ Int($0) }) {
    settings.epochs = epochs
  } else {
    files.append(argument)
  }
}
guard files.count >= 2 else { fail("expected two files or more, got \(files.count)") }

do {
  let texts = try files.map { String(decoding: try FileBytes.read($0), as: UTF8.self) }
  let text = try WordText(texts, minimumCount: 2)
  let documents = Documents(count: text.documents)
  let words = try Subwords(text.vocabulary, lengths: 3...5, buckets: 5_000)
  let trainer = try WordGraphTrainer(text, inputs: [words, documents], settings, seed: 1)
  try trainer.train { epoch, loss in print("epoch \(epoch)  loss \(loss)") }
  guard let vectors = trainer.vectors(of: documents.name) else { fail("no documents") }
  let index = try NeighbourIndex(WordVectors(words: files, vectors: vectors), threads: 1)
  for file in files {
    let near = try index.similar(to: [file], top: 2)
    print("\(file): " + near.map { "\($0.word) (\($0.similarity))" }.joined(separator: ", "))
  }
} catch {
  fail("\(error)")
}
