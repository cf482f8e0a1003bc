import ApusJumpProcesses
import ApusReactionFormats
import Foundation
import Testing

/// The time courses of the discrete stochastic models test suite, where it lies beside the sources.
///
/// `Z = √n (mean − μ)/σ` and `Y = √(n/2) (sd²/σ² − 1)` are to stay within the limits of each case's
/// settings; of the two at each of 50 correlated points, a correct simulator fails in 0 or 1, at
/// times in 2 or 3.
///
/// Reference: Evans, Gillespie, Wilkinson (2008), "The SBML discrete stochastic models test suite",
/// Bioinformatics 24.
@Suite struct StochasticSuiteTests {
  struct Case: CustomStringConvertible, Sendable {
    let name: String
    let folder: URL
    var description: String { name }

    func text(_ ending: String) throws -> String {
      try String(contentsOf: folder.appending(path: "\(name)-\(ending)"), encoding: .utf8)
    }

    /// A setting of the case, such as `duration`.
    func setting(_ key: String) throws -> String {
      let line = try text("settings.txt").split(separator: "\n").first { $0.hasPrefix(key + ":") }
      let value = try #require(line).dropFirst(key.count + 1)
      return value.trimmingCharacters(in: .whitespaces)
    }

    /// The upper limit of a setting such as `(-3, 3)`.
    func limit(_ key: String) throws -> Double {
      let words = try setting(key).split { ",() ".contains($0) }
      return try #require(words.last.flatMap { Double($0) })
    }

    /// The columns of the expected results.
    func results() throws -> [String: [Double]] {
      let rows = try text("results.csv").split(whereSeparator: \.isNewline)
        .map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
      let names = try #require(rows.first)
      return Dictionary(
        uniqueKeysWithValues: names.enumerated().map { column, name in
          (name, rows.dropFirst().map { Double($0[column]) ?? .nan })
        })
    }
  }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/data/dsmts").standardizedFileURL

  /// The cases of a kind; none where the suite is not there.
  static func cases(_ kind: String) -> [Case] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().map { Case(name: $0, folder: folder.appending(path: $0)) }
      .filter { example in
        let lines = ((try? example.text("model.m")) ?? "").split(separator: "\n")
        return lines.contains { $0.hasPrefix("testType:") && $0.hasSuffix(kind) }
      }
  }

  static let timeCourses = cases("StochasticTimeCourse")
  /// Those that have a master equation: 25 of 27.
  static let withoutEvents = timeCourses.filter {
    (try? $0.text("sbml-l3v1.xml"))?.contains("<listOfEvents") == false
  }
  static let isSlow = ProcessInfo.processInfo.environment["APUS_SLOW_TESTS"] != nil

  /// Every case with 10,000 paths where slow tests run, else one in five with 2,000.
  static let simulated = timeCourses.enumerated().filter { isSlow || $0.offset % 5 == 0 }
    .map(\.element)

  @Test func allOfThemAreFound() throws {
    guard FileManager.default.fileExists(atPath: Self.folder.path) else {
      try Test.cancel("\(Self.folder.path) is not there")
    }
    #expect(Self.timeCourses.count == 27)
    #expect(Self.withoutEvents.count == 25)
  }

  private func network(_ example: Case, _ version: String) throws -> ReactionNetwork {
    try ModelFile.open(example.folder.path + "/\(example.name)-sbml-\(version).xml")
  }

  @Test(arguments: simulated) func simulationKeepsTheLaw(example: Case) throws {
    let paths = Self.isSlow ? 10_000 : 2000
    let expected = try example.results()
    let times = try #require(expected["time"])
    let network = try network(example, "l3v1")
    var simulation = Simulation(
      network, until: try #require(times.last), points: times.count, paths: paths)
    simulation.seed = 2008
    simulation.threads = 2
    let ensemble = try simulation.run()
    let (meanLimit, sdLimit) = (try example.limit("meanRange"), try example.limit("sdRange"))
    for output in try example.setting("output").split(separator: ",") {
      let column = output.trimmingCharacters(in: .whitespaces)
      let name = String(column.prefix { $0 != "-" })
      let place = try #require(ensemble.names.firstIndex(of: name))
      let means = try #require(expected[name + "-mean"])
      let deviations = try #require(expected[name + "-sd"])
      let failed = times.indices.count { point in
        let (mean, sd) = (ensemble.means[point][place], ensemble.deviations[point][place])
        // What is no number fails.
        guard deviations[point] > 0 else { return !(abs(mean - means[point]) <= 1e-4) }
        let ratio = sd / deviations[point]
        return column.hasSuffix("-mean")
          ? !(abs(Double(paths).squareRoot() * (mean - means[point]) / deviations[point])
            <= meanLimit)
          : !(abs((Double(paths) / 2).squareRoot() * (ratio * ratio - 1)) <= sdLimit)
      }
      #expect(failed <= 3, "\(column): \(failed) of \(times.count) points are out of range")
    }
  }

  /// Means and standard deviations of the master equation, to the digits that are printed.
  ///
  /// They are at most five after the point and at least seven in all: half of the last one is 5·10⁻⁶, or
  /// 5·10⁻⁷ of a number that begins with 1.
  @Test(arguments: withoutEvents) func solutionsHaveThePrintedDigits(example: Case) throws {
    let network = try network(example, "l3v1")
    let expected = try example.results()
    let times = try #require(expected["time"])
    var equation = try MasterEquation(network)
    equation.tolerance = 1e-11
    let solution = try equation.solve(at: times)
    for output in try example.setting("output").split(separator: ",") {
      let column = output.trimmingCharacters(in: .whitespaces)
      let name = String(column.prefix { $0 != "-" })
      let values = try #require(expected[column])
      let ratios = try times.indices.map { point in
        let moments = try #require(solution.distributions[point].moments(of: name))
        let value = column.hasSuffix("-mean") ? moments.mean : moments.deviation
        return abs(value - values[point]) / max(6e-6, 5.1e-7 * abs(values[point]))
      }
      #expect(ratios.allSatisfy { $0 < 1 }, "\(column): \(ratios.max() ?? 0)")
    }
  }

  /// Levels 2 and 3 of a case are the same network.
  @Test(arguments: timeCourses) func levelsAgree(example: Case) throws {
    var seen: [Ensemble] = []
    for level in ["l2v1", "l2v4", "l3v1", "l3v2"] {
      let path = example.folder.path + "/\(example.name)-sbml-\(level).xml"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      seen.append(
        try Simulation(try ModelFile.open(path), until: 5, points: 6, paths: 20).run())
    }
    #expect(!seen.isEmpty)
    for other in seen { #expect(other.means == seen[0].means) }
  }

  /// Models that need SBML's distributions are refused by the package's name.
  @Test(arguments: cases("StatisticalDistribution").prefix(3))
  func distributionsAreRefusedByName(example: Case) {
    let fault = #expect(throws: NetworkFault.self) { try network(example, "l3v1") }
    #expect(fault?.message.contains("'distrib'") == true)
  }
}
