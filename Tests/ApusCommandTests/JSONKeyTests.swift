import ApusFormats
import ApusTensors
import Foundation
import Testing

/// What verbs print with `--json`, beside the tables of `Documentation/JSON.md`.
@Suite struct JSONKeyTests {
  let folder = ProgramFolder()
  let apus: ApusProgram
  private let tables: KeyTables

  init() throws {
    apus = ApusProgram(folder: folder.path)
    tables = try KeyTables()
  }

  /// Expects one object on one line, with the keys of a table and no others.
  ///
  /// - Parameters:
  ///   - table: the place of the table in its section; nil where the keys are in its text alone.
  ///   - absent: keys of the table that other uses of the section's verbs have.
  ///   - more: keys that are in the section's text or in another of its tables.
  private func expectKeys(
    of arguments: [String], _ section: String, table: Int? = 0, without absent: [String] = [],
    and more: [String] = [], at location: SourceLocation = #_sourceLocation
  ) throws {
    let result = try apus.finish(apus.start(arguments + ["--json"]))
    try #require(result.code == 0, "\(result.error)", sourceLocation: location)
    #expect(result.output.hasSuffix("}\n"), sourceLocation: location)
    #expect(result.output.split(separator: "\n").count == 1, sourceLocation: location)
    let object = try result.json
    let all = try #require(tables.sections[section], sourceLocation: location)
    var named = more
    if let table {
      try #require(table < all.count, sourceLocation: location)
      named += all[table]
    }
    #expect(Set(absent).isSubset(of: named), sourceLocation: location)
    for path in named where !absent.contains(path) {
      let isThere = KeyTables.holds(path.split(separator: ".")[...], in: object)
      #expect(isThere, "\(path)", sourceLocation: location)
    }
    let known = Set(named.map { String($0.prefix { $0 != "." && $0 != "[" }) })
    let unnamed = Set(object.keys).subtracting(known)
    #expect(unnamed.isEmpty, sourceLocation: location)
  }

  @Test func theTablesAreRead() throws {
    #expect(tables.sections.count > 15)
    #expect(
      try #require(tables.sections["apus train fashion"]) == [
        [
          "run", "recipe", "status", "epochs", "steps", "seconds", "accuracy", "loss", "macroF1",
          "examples",
        ]
      ])
    #expect(try #require(tables.sections["apus predict"]).map(\.count) == [3, 5])
    #expect(try #require(tables.sections["apus solve"]).count == 3)
    #expect(try #require(tables.sections["apus runs"]?.first).contains("runs[].totalEpochs"))
    #expect(try #require(tables.sections["apus fit"]?.first).contains("parameters"))
  }

  @Test func verbsOfFashion() throws {
    try folder.writeData()
    try expectKeys(
      of: [
        "train", "fashion", "--data", "data", "--epochs", "1", "--learning-rate", "0.01",
        "--dropout", "0.3", "--batch-size", "8", "--side", "16", "--width", "0.25", "--threads",
        "1",
      ], "apus train fashion")
    try expectKeys(of: ["evaluate", "fashion-1"], "apus evaluate of a classifier")
    let picture = Tensor(
      [UInt8](repeating: 9, count: 600) + [UInt8](repeating: 200, count: 300), shape: [30, 30])
    try PNG.write(picture, to: folder("shoe.png"))
    try expectKeys(of: ["predict", "fashion-1", "shoe.png"], "apus predict")
    try expectKeys(
      of: ["predict", "fashion-1", "shoe.png", "--uncertainty", "3"], "apus predict", table: 1,
      and: ["predictions[].input", "predictions[].top[].label", "predictions[].top[].index"])
    try expectKeys(of: ["runs"], "apus runs", without: ["runs[].fault"])
  }

  @Test func unreadableRunsHaveAFault() throws {
    try FileManager.default.createDirectory(
      atPath: folder("runs/bad"), withIntermediateDirectories: true)
    try AtomicFile.write("{}", to: folder("runs/bad/run.json"))
    let result = try apus("runs", "--json")
    let object = try result.json
    for key in ["run", "name", "state", "fault"] {
      #expect(KeyTables.holds(["runs[]", key[...]], in: object), "\(key)")
    }
  }

  @Test func verbsOfWords() throws {
    let lines = (0..<200).map { line in
      let words = line % 2 == 0 ? "red green blue grey pink" : "one two three four five"
      let all = words.split(separator: " ")
      return (0..<8).map { String(all[(line / 2 * 7 + $0 * $0) % 5]) }.joined(separator: " ")
    }
    try AtomicFile.write(lines.joined(separator: "\n"), to: folder("text.txt"))
    try expectKeys(
      of: [
        "train", "words", "text.txt", "--size", "16", "--subsample", "0", "--threads", "1",
        "--epochs", "2",
      ], "apus train words")
    let searches = "apus similar, apus analogy, apus odd-one-out, apus context"
    try expectKeys(
      of: ["similar", "words-1", "red"], searches, without: ["odd", "similarities", "predictions"])
    try expectKeys(
      of: ["analogy", "words-1", "red", "green", "one"], searches,
      without: ["odd", "similarities", "predictions"])
    try expectKeys(
      of: ["odd-one-out", "words-1", "one", "two", "red"], searches,
      without: ["neighbours", "milliseconds", "predictions"],
      and: ["similarities[].word", "similarities[].similarity"])
    try expectKeys(
      of: ["context", "words-1", "red", "green"], searches,
      without: ["neighbours", "milliseconds", "odd", "similarities"],
      and: ["predictions[].word", "predictions[].logProbability"])
    try AtomicFile.write(": colours\nred green blue grey\n", to: folder("questions"))
    try AtomicFile.write("red green 9\none red 1\ntwo three 7\n", to: folder("pairs"))
    try expectKeys(
      of: ["evaluate", "words-1", "--analogies", "questions", "--similarities", "pairs"],
      "apus evaluate of words",
      and: ["analogies.total.accuracy", "similarities.pairs.spearman"])
    let exchanges = "apus map, apus export, apus import"
    try expectKeys(
      of: ["export", "words-1", "vectors.txt"], exchanges, without: ["method", "points", "run"])
    try expectKeys(
      of: ["import", "vectors.txt", "--output", "runs/mine"], exchanges,
      without: ["method", "points", "file", "format"])
  }

  @Test func simulate() throws {
    try expectKeys(
      of: ["simulate", "birth-death", "--until", "1", "--paths", "20", "--histogram", "X"],
      "apus simulate",
      and: ["final[].name", "final[].mean", "final[].sd", "histograms[].name"]
        + ["histograms[].starts", "histograms[].width", "histograms[].counts"])
    try expectKeys(
      of: ["simulate", "--list"], "apus simulate", table: nil,
      and: ["models[].name", "models[].summary", "models[].text"])
  }

  @Test func solve() throws {
    let section = "apus solve"
    try expectKeys(
      of: ["solve", "birth-death", "--until", "1", "--marginals", "X"], section,
      and: ["final[].name", "final[].mean", "final[].sd"]
        + ["marginals[].name", "marginals[].probabilities"])
    try expectKeys(
      of: ["solve", "birth-death", "--stationary", "--marginals", "X"], section, table: 1,
      and: ["model", "states", "final[].mean", "marginals[].name"])
    try expectKeys(
      of: ["solve", "birth-death", "--until", "1", "--derive"], section, table: 2,
      and: ["rates[].time", "rates[].deviation", "moments[].order", "moments[].fromPropagator"]
        + ["moments[].fromRates", "limit[].size", "limit[].distance"])
    try expectKeys(
      of: ["solve", "birth-death", "--until", "1", "--method", "linear-noise"], section,
      table: nil,
      and: ["model", "until", "points", "method", "seconds", "final[].name", "output"])
    try expectKeys(
      of: ["solve", "birth-death", "--passage", "X >= 3"], section, table: nil,
      and: ["model", "passage", "states", "mean", "sd"])
    try expectKeys(
      of: ["solve", "birth-death", "--until", "1", "--sensitivity", "k"], section, table: nil,
      and: ["model", "until", "states", "sensitivities[].name", "sensitivities[].by"]
        + ["sensitivities[].mean", "sensitivities[].slope"])
  }

  @Test func fit() throws {
    try AtomicFile.write(
      "time,state\n0,off\n2,on\n3,off\n7,on\n8,on\n", to: folder("states.csv"))
    try AtomicFile.write(
      "time,X\n0,0\n1,4\n2,8\n3,7\n4,11\n5,9\n", to: folder("counts.csv"))
    let section = "apus fit"
    let bounds = ["value", "lower", "upper"]
    try expectKeys(
      of: ["fit", "states.csv", "--states", "off,on", "--complete"], section,
      without: ["parameters", "model", "distance", "populations", "simulations"],
      and: bounds.map { "rates[].\($0)" })
    let network = ["fit", "counts.csv", "--network", "birth-death"]
    try expectKeys(
      of: network, section,
      without: ["rates", "states", "generator", "embeddable"]
        + ["distance", "populations", "simulations"],
      and: bounds.map { "parameters[].\($0)" })
    try expectKeys(
      of: network + ["--method", "simulation", "--particles", "20"], section,
      without: ["rates", "states", "generator", "embeddable", "iterations"])
  }

  @Test func doctor() throws {
    try expectKeys(
      of: ["doctor"], "apus doctor",
      and: ["dataSets[].recipe", "dataSets[].path", "dataSets[].found"])
  }
}

/// The keys that `Documentation/JSON.md` names, as paths such as `runs[].name`.
private struct KeyTables {
  /// For each heading the keys of its tables, in the order of the file.
  private(set) var sections: [String: [[String]]] = [:]

  init() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "Documentation/JSON.md"), encoding: .utf8)
    var heading: String?
    for line in text.split(separator: "\n") {
      if line.hasPrefix("#") {
        heading =
          line.hasPrefix("## ")
          ? String(line.dropFirst(3)).replacingOccurrences(of: "`", with: "") : nil
      }
      guard let heading, line.hasPrefix("| ") else { continue }
      if line == "| Key | Meaning |" {
        sections[heading, default: []].append([])
      } else if let last = sections[heading]?.indices.last {
        sections[heading]?[last] += Self.keys(of: line)
      }
    }
  }

  /// The keys of a row's first cell; one without a path has that of the key before.
  private static func keys(of row: Substring) -> [String] {
    let cell = row.dropFirst().prefix { $0 != "|" }
    let pieces = cell.split(separator: "`", omittingEmptySubsequences: false)
    var (keys, path) = ([String](), "")
    for place in stride(from: 1, to: pieces.count, by: 2) {
      let key = String(pieces[place])
      if key.hasPrefix("-") { continue }  // an option that the keys go with
      if let dot = key.lastIndex(of: ".") {
        path = String(key[...dot])
        keys.append(key)
      } else {
        keys.append(path + key)
      }
    }
    return keys
  }

  /// Whether a value has what a path names; all elements of a list must, and there must be some.
  static func holds(_ path: ArraySlice<Substring>, in value: Any) -> Bool {
    guard let part = path.first else { return true }
    let isList = part.hasSuffix("[]")
    let name = String(isList ? part.dropLast(2) : part)
    guard let member = (value as? [String: Any])?[name] else { return false }
    guard isList else { return holds(path.dropFirst(), in: member) }
    guard let list = member as? [Any], !list.isEmpty else { return false }
    return list.allSatisfy { holds(path.dropFirst(), in: $0) }
  }
}
